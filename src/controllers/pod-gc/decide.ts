import { isPodTerminal } from '../../api/core/v1/pod-readiness.ts';
import { isConditionTrue } from '../../api/conditions.ts';
import type { Node, Pod } from '../../api/schema/core-v1.ts';

const outOfServiceKey = 'node.kubernetes.io/out-of-service';

export type Verdict = 'UnscheduledTerminating' | 'OutOfService';

/** Why a deleted pod will not end by itself; undefined when it will. `node` is the one it is bound to, if that is known. */
export function verdictOn(pod: Pod, node: Node | undefined): Verdict | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  if ((pod.spec.nodeName ?? '') === '') return 'UnscheduledTerminating';
  const isReady = isConditionTrue(node?.status.conditions, 'Ready');
  const isOut = (node?.spec.taints ?? []).some(({ key }) => key === outOfServiceKey);
  return node !== undefined && !isReady && isOut ? 'OutOfService' : undefined;
}

/** The ended pods above the threshold: evicted ones before others, then the oldest. */
export function surplus(ended: readonly Pod[], threshold: number): readonly Pod[] {
  if (ended.length <= threshold) return [];
  return ended.toSorted(byEvictionAndAge).slice(0, ended.length - threshold);
}

function byEvictionAndAge(a: Pod, b: Pod): number {
  const evicted = Number(isEvicted(b)) - Number(isEvicted(a));
  if (evicted !== 0) return evicted;
  const age = Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp);
  if (age !== 0) return age;
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}

const isEvicted = ({ status }: Pod): boolean => status.phase === 'Failed' && status.reason === 'Evicted';

/** The pod as it is told of at its end; undefined when it has ended already. */
export function failed(
  pod: Pod,
  condition: { readonly reason: string; readonly message: string } | undefined,
  now: string,
): Pod | undefined {
  if (isPodTerminal(pod)) return undefined;
  const { conditions = [] } = pod.status;
  const { generation } = pod.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const target =
    condition === undefined
      ? []
      : [{ type: 'DisruptionTarget', status: 'True', lastTransitionTime: now, ...condition, ...observed }];
  const kept = target.length === 0 ? conditions : conditions.filter(({ type }) => type !== 'DisruptionTarget');
  return { ...pod, status: { ...pod.status, ...observed, phase: 'Failed', conditions: [...kept, ...target] } };
}
