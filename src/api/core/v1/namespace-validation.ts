import { type FieldError, invalidValue } from '../../field-error.ts';
import { isQualifiedName } from '../../field-rules.ts';
import type { Namespace } from '../../schema/core-v1.ts';

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** Upstream ValidateNamespace: `spec.finalizers` are qualified names or Kubernetes' own. */
export function validateNamespace({ spec }: Namespace): readonly FieldError[] {
  return (spec.finalizers ?? []).flatMap((name) => [
    ...isQualifiedName(name, 'spec.finalizers'),
    ...(name.includes('/') || standardFinalizers.has(name)
      ? []
      : [
          invalidValue(
            'spec.finalizers',
            name,
            'name is neither a standard finalizer name nor is it fully qualified',
          ),
        ]),
  ]);
}

/** The phase follows the deletion (upstream ValidateNamespaceStatusUpdate, with its spelling of the path). */
export function validateNamespaceStatus({ metadata, status }: Namespace): readonly FieldError[] {
  const isBeingDeleted = metadata.deletionTimestamp !== undefined;
  const phase = isBeingDeleted ? 'Terminating' : 'Active';
  if (status.phase === phase) return [];
  const why = `may only be '${phase}' if \`deletionTimestamp\` is ${isBeingDeleted ? 'not ' : ''}empty`;
  return [invalidValue('status.Phase', status.phase ?? '', why)];
}
