import { findCondition } from '../../api/conditions.ts';
import { isPodTerminal } from '../../api/core/v1/pod-readiness.ts';
import { isNotFound } from '../../api/error.ts';
import { pods } from '../../api/resources.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { ControllerRunner, changesOf } from '../../machinery/controller-runner.ts';
import { type Component, type Request, type Result, again, done } from '../../machinery/controller.ts';
import type { Informers } from '../../machinery/informers.ts';
import type { World } from '../../machinery/world.ts';
import { minuteMs } from '../../std/clock.ts';

/** Upstream stalePodDisruptionTimeout. */
const staleAfterMs = 2 * minuteMs;
const disruptionTarget = 'DisruptionTarget';

/** How long until a pod's announced disruption counts as called off; undefined when none is announced. */
export function staleInMs(pod: Pod, nowMs: number): number | undefined {
  const condition = findCondition(pod.status.conditions, disruptionTarget);
  const isAnnounced = condition?.status === 'True' && condition.reason !== 'TerminationByKubelet';
  if (!isAnnounced || pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) return undefined;
  return Math.max(0, Date.parse(condition.lastTransitionTime ?? '') + staleAfterMs - nowMs);
}

/** Takes back the DisruptionTarget condition of pods that live on. */
export function staleDisruptionTargetController(world: World, informers: Informers): Component {
  const { client, clock } = world;
  const known = informers.for(pods);

  async function reconcile(request: Request): Promise<Result> {
    const pod = known.lister.get(request);
    const waitMs = pod && staleInMs(pod, clock.now());
    if (pod === undefined || waitMs === undefined) return done;
    if (waitMs > 0) return again(waitMs);
    const others = (pod.status.conditions ?? []).filter(({ type }) => type !== disruptionTarget);
    const { generation } = pod.metadata;
    const calledOff = {
      type: disruptionTarget,
      status: 'False',
      lastTransitionTime: timestamp(clock.now()),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
    const next = { ...pod, status: { ...pod.status, conditions: [...others, calledOff] } };
    await client.update(pods, next, { subresource: 'status' }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    return done;
  }

  return new ControllerRunner(world, {
    name: 'stale-disruption-target-controller',
    reconciler: { reconcile },
    sources: [changesOf(known)],
  });
}
