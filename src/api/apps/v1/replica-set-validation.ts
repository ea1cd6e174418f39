import type { FieldError } from '../../field-error.ts';
import { isNonNegative, isUnchanged } from '../../field-rules.ts';
import type { ReplicaSet } from '../../schema/apps-v1.ts';
import { validateReplicaCounts } from './replica-counts.ts';
import { validateTemplateSelector } from './template-selector.ts';

/** Upstream ValidateReplicaSetSpec. */
export function validateReplicaSet({ spec }: ReplicaSet): readonly FieldError[] {
  return [
    ...isNonNegative(spec.replicas ?? 0, 'spec.replicas'),
    ...isNonNegative(spec.minReadySeconds ?? 0, 'spec.minReadySeconds'),
    ...validateTemplateSelector(spec.selector, spec.template ?? { metadata: {}, spec: { containers: [] } }, 'spec'),
  ];
}

export function validateReplicaSetUpdate(replicaSet: ReplicaSet, old: ReplicaSet): readonly FieldError[] {
  return [
    ...validateReplicaSet(replicaSet),
    ...isUnchanged(replicaSet.spec.selector, old.spec.selector, 'spec.selector'),
  ];
}

const counts = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
  'terminatingReplicas',
] as const;

export function validateReplicaSetStatus({ status }: ReplicaSet): readonly FieldError[] {
  return [
    ...counts.flatMap((count) => isNonNegative(status[count] ?? 0, `status.${count}`)),
    ...validateReplicaCounts({ ...status }, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']),
  ];
}
