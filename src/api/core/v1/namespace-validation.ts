import { type FieldError, invalidValue } from '../../field-error.ts';
import { isQualifiedName } from '../../field-rules.ts';
import type { Namespace } from '../../schema/core-v1.ts';

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** `spec.finalizers` are qualified names or Kubernetes' own (upstream ValidateNamespace, ValidateNamespaceFinalizeUpdate). */
export function validateFinalizers({ spec }: Namespace, pathOf: (index: number) => string): readonly FieldError[] {
  return (spec.finalizers ?? []).flatMap((name, index) => {
    const path = pathOf(index);
    const why = 'name is neither a standard finalizer name nor is it fully qualified';
    const isKnown = name.includes('/') || standardFinalizers.has(name);
    return [...isQualifiedName(name, path), ...(isKnown ? [] : [invalidValue(path, name, why)])];
  });
}

/** The phase follows the deletion (upstream ValidateNamespaceStatusUpdate, with its spelling of the path). */
export function validateNamespaceStatus({ metadata, status }: Namespace): readonly FieldError[] {
  const isBeingDeleted = metadata.deletionTimestamp !== undefined;
  const phase = isBeingDeleted ? 'Terminating' : 'Active';
  if (status.phase === phase) return [];
  const why = `may only be '${phase}' if \`deletionTimestamp\` is ${isBeingDeleted ? 'not ' : ''}empty`;
  return [invalidValue('status.Phase', status.phase ?? '', why)];
}
