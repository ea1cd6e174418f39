import type {
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionStatus,
} from '../../api/schema/apiextensions-v1.ts';

/** The status with this condition in the place of the old one; the transition time stays while the status does. */
export function withDefinitionCondition(
  status: CustomResourceDefinitionStatus,
  condition: CustomResourceDefinitionCondition,
  now: string,
): CustomResourceDefinitionStatus {
  const old = status.conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
  const next = { ...condition, lastTransitionTime };
  const conditions =
    old === undefined ? [...status.conditions, next] : status.conditions.map((one) => (one === old ? next : one));
  return { ...status, conditions };
}
