import { isPodActive, isPodReady, readyCondition } from '../../api/core/v1/pod-readiness.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import { floorLog2 } from '../../std/math.ts';

const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The `count` pods that are missed least, the least missed first. `related` are the pods of all ReplicaSets of
 * the same owner: a pod that shares its node with many of them goes before one that stands alone.
 * Upstream: ActivePodsWithRanks in pkg/controller/controller_utils.go.
 */
export function victims(
  pods: readonly Pod[],
  { count, related, nowMs }: { readonly count: number; readonly related: readonly Pod[]; readonly nowMs: number },
): readonly Pod[] {
  if (count >= pods.length) return pods;
  const onNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec.nodeName ?? '';
    if (isPodActive(pod)) onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  const neighbours = (pod: Pod): number => onNode.get(pod.spec.nodeName ?? '') ?? 0;
  return pods.toSorted((a, b) => compareVictims(a, b, { neighbours, nowMs })).slice(0, count);
}

/** Negative when `a` goes first. */
export function compareVictims(
  a: Pod,
  b: Pod,
  { neighbours, nowMs }: { readonly neighbours: (pod: Pod) => number; readonly nowMs: number },
): number {
  return (
    Number(isScheduled(a)) - Number(isScheduled(b)) ||
    rankOfPhase(a) - rankOfPhase(b) ||
    Number(isPodReady(a)) - Number(isPodReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    neighbours(b) - neighbours(a) ||
    (isPodReady(a) && isPodReady(b)
      ? youngerFirst(a, b, (pod) => readyCondition(pod)?.lastTransitionTime ?? '', nowMs)
      : 0) ||
    restarts(b) - restarts(a) ||
    sidecarRestarts(b) - sidecarRestarts(a) ||
    youngerFirst(a, b, (pod) => pod.metadata.creationTimestamp, nowMs) ||
    byUid(a, b)
  );
}

const isScheduled = (pod: Pod): boolean => (pod.spec.nodeName ?? '') !== '';
const rankOfPhase = (pod: Pod): number => phaseRank[pod.status.phase ?? ''] ?? 0;

/** Ages count by their order of magnitude, so that equals are picked as if by lot: by uid. */
function youngerFirst(a: Pod, b: Pod, timeOf: (pod: Pod) => string, nowMs: number): number {
  const [aMs, bMs] = [Date.parse(timeOf(a)), Date.parse(timeOf(b))];
  if (Number.isNaN(aMs) || Number.isNaN(bMs)) return Number(Number.isNaN(bMs)) - Number(Number.isNaN(aMs));
  if (aMs === bMs) return 0;
  return magnitude(nowMs - aMs) - magnitude(nowMs - bMs) || byUid(a, b);
}

/** floor(log2) of the nanoseconds, as upstream's durations count. */
const magnitude = (ageMs: number): number => (ageMs > 0 ? floorLog2(ageMs * 1e6) : -1);

const byUid = (a: Pod, b: Pod): number =>
  a.metadata.uid < b.metadata.uid ? -1 : a.metadata.uid > b.metadata.uid ? 1 : 0;

/** An int32 in its canonical form; anything else counts as 0. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCostAnnotation] ?? '0';
  if (!/^(0|-?[1-9][0-9]{0,9})$/.test(text)) return 0;
  const cost = Number(text);
  return cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : 0;
}

const restarts = (pod: Pod): number =>
  Math.max(0, ...(pod.status.containerStatuses ?? []).map((status) => status.restartCount));

function sidecarRestarts(pod: Pod): number {
  const sidecars = new Set(
    (pod.spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always').map((one) => one.name),
  );
  const statuses = (pod.status.initContainerStatuses ?? []).filter((status) => sidecars.has(status.name));
  return Math.max(0, ...statuses.map((status) => status.restartCount));
}
