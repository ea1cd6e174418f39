import { isPodTerminal } from '../api/core/v1/pod-readiness.ts';
import { isConflict, isNotFound } from '../api/error.ts';
import { pods } from '../api/resources.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import { timestamp } from '../api/timestamps.ts';
import { ControllerRunner, changesOf } from '../machinery/controller-runner.ts';
import { type Component, type Request, type Result, again, done } from '../machinery/controller.ts';
import type { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';

export interface SandboxKubeletOptions {
  /** Pods are bound to these in turn. */
  readonly nodeNames?: readonly string[];
  /** From creation to Ready. */
  readonly startMs?: number;
  /** From the beginning of the deletion to the end. */
  readonly stopMs?: number;
  /** Whether the pod's server ever answers its probe. */
  readonly becomesReady?: (pod: Pod) => boolean;
}

/** A scheduler and node agent for tests of controllers: binds every pod, reports it Ready after a while, lets it go when deleted. */
export function sandboxKubelet(
  world: World,
  informers: Informers,
  { nodeNames = ['node-1'], startMs = 1000, stopMs = 1000, becomesReady = () => true }: SandboxKubeletOptions = {},
): Component {
  const { client, clock } = world;
  let bound = 0;
  let addressed = 0;

  async function reconcile(request: Request): Promise<Result> {
    const pod = await client.get(pods, request).catch(ignoreGone);
    if (pod === undefined) return done;
    const { creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds = 0, uid } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      const stoppedMs = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000 + stopMs;
      if (clock.now() < stoppedMs) return again(stoppedMs - clock.now());
      await client.delete(pods, request, { gracePeriodSeconds: 0, preconditions: { uid } }).catch(ignoreGone);
      return done;
    }
    if ((pod.spec.nodeName ?? '') === '') {
      const name = nodeNames[bound++ % nodeNames.length]!;
      await client.post(pods, request, 'binding', {
        metadata: { name: pod.metadata.name },
        target: { kind: 'Node', name },
      });
      return done;
    }
    const readyMs = Date.parse(creationTimestamp) + startMs;
    if (pod.status.phase === 'Running' || isPodTerminal(pod) || !becomesReady(pod)) return done;
    if (clock.now() < readyMs) return again(readyMs - clock.now());
    const address = `10.0.${Math.floor(addressed / 250)}.${(addressed++ % 250) + 1}`;
    await client.update(pods, runningPod(pod, { address, nowMs: clock.now() }), { subresource: 'status' });
    return done;
  }

  return new ControllerRunner(world, {
    name: 'sandbox-kubelet',
    reconciler: { reconcile },
    sources: [changesOf(informers.for(pods))],
    workers: 50,
  });
}

/** The pod as its node agent would report it: running, and ready unless told otherwise. */
export function runningPod(
  pod: Pod,
  { address = '10.0.0.1', nowMs, ready = true }: { address?: string; nowMs: number; ready?: boolean },
): Pod {
  const condition = { status: ready ? 'True' : 'False', lastTransitionTime: timestamp(nowMs) };
  return {
    ...pod,
    status: {
      ...pod.status,
      phase: 'Running',
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: timestamp(nowMs),
      conditions: [
        ...(pod.status.conditions ?? []).filter(({ type }) => type !== 'Ready' && type !== 'ContainersReady'),
        { type: 'ContainersReady', ...condition },
        { type: 'Ready', ...condition },
      ],
    },
  };
}

function ignoreGone(error: unknown): undefined {
  if (isNotFound(error) || isConflict(error)) return undefined;
  throw error;
}
