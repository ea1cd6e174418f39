import type { ContainerResources } from '../../node/container-runtime.ts';

/** What the pod's group is to have once one of its containers changes from `before` to `after`: the sum moves by the difference. */
export function podResourcesAfter(
  pod: ContainerResources,
  before: ContainerResources,
  after: ContainerResources,
): ContainerResources {
  return {
    cpuRequestMillis: Math.max(
      0,
      (pod.cpuRequestMillis ?? 0) + (after.cpuRequestMillis ?? 0) - (before.cpuRequestMillis ?? 0),
    ),
    cpuLimitMillis: limitAfter(pod.cpuLimitMillis, before.cpuLimitMillis, after.cpuLimitMillis),
    memoryLimitBytes: limitAfter(pod.memoryLimitBytes, before.memoryLimitBytes, after.memoryLimitBytes),
  };
}

/** A pod has a limit only if every container has one, unless it was told its own. */
function limitAfter(
  pod: number | undefined,
  before: number | undefined,
  after: number | undefined,
): number | undefined {
  if (pod === undefined) return undefined;
  if (before === undefined) return pod;
  return after === undefined ? undefined : pod + after - before;
}
