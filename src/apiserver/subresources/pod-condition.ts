import type { Pod, PodCondition } from '../../api/schema/core-v1.ts';

/** The pod with this condition in the place of the old one; the transition time stays while the status does (podutil.UpdatePodCondition). */
export function withPodCondition(pod: Pod, condition: PodCondition, now: string): Pod {
  const conditions = pod.status.conditions ?? [];
  const old = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
  const next: PodCondition = { ...condition, lastTransitionTime };
  const list = old === undefined ? [...conditions, next] : conditions.map((one) => (one === old ? next : one));
  return { ...pod, status: { ...pod.status, conditions: list } };
}
