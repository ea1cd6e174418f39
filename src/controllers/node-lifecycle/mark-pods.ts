import { isConflict, isNotFound } from '../../api/error.ts';
import { pods } from '../../api/resources.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import type { EventRecorder } from '../../machinery/event-recorder.ts';
import type { World } from '../../machinery/world.ts';
import { nodeNotReady } from './reasons.ts';

/** The pod with its Ready condition False; undefined when it has none or it is False already. */
export function notReady(pod: Pod, nowMs: number): Pod | undefined {
  const { conditions = [] } = pod.status;
  const index = conditions.findIndex(({ type }) => type === 'Ready');
  const ready = conditions[index];
  if (ready === undefined || ready.status === 'False') return undefined;
  const next = conditions.with(index, { ...ready, status: 'False', lastTransitionTime: timestamp(nowMs) });
  return { ...pod, status: { ...pod.status, conditions: next } };
}

/** Takes the pods out of service: their node can no longer vouch for them. Rejects with the first failure after all were tried. */
export async function markPodsNotReady(
  { client, clock }: Pick<World, 'client' | 'clock'>,
  recorder: EventRecorder,
  affected: readonly Pod[],
): Promise<void> {
  const mark = async (pod: Pod): Promise<void> => {
    const next = notReady(pod, clock.now());
    if (next === undefined) return;
    try {
      await client.update(pods, next, { subresource: 'status' });
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error)) throw error;
      // It changed since the informer saw it: once more on what is there now.
      const live = await client.get(pods, pod.metadata);
      const again = live.metadata.uid === pod.metadata.uid ? notReady(live, clock.now()) : undefined;
      if (again === undefined) return;
      await client.update(pods, again, { subresource: 'status' });
    }
    recorder.event(pods, pod, 'Warning', nodeNotReady, 'Node is not ready');
  };
  const results = await Promise.allSettled(affected.map(mark));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
