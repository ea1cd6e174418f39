import { type FieldError, forbiddenField, invalidValue, required } from '../../field-error.ts';
import { isEqual } from '../../field-rules.ts';
import { inRange } from '../../names.ts';
import type { Container, NodeAffinity, NodeSelectorTerm, Pod, PodSpec, Toleration } from '../../schema/core-v1.ts';
import { validateImageSpaces } from './container-validation.ts';
import { validateAnnotationUpdates, validatePodAnnotations } from './pod-annotations.ts';
import { validatePodObject } from './pod-validation.ts';
import { validateTolerations } from './toleration-validation.ts';

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** What a pod lets change after it was made (upstream ValidatePodUpdate). */
export function validatePodUpdate(pod: Pod, old: Pod): readonly FieldError[] {
  const errors: FieldError[] = [
    ...validatePodObject(pod),
    ...validateAnnotationUpdates(pod.metadata.annotations, old.metadata.annotations, 'metadata.annotations'),
    ...validatePodAnnotations(pod.metadata.annotations, pod.spec.nodeName, 'metadata.annotations'),
  ];
  for (const list of ['containers', 'initContainers'] as const) {
    const [now, before] = [pod.spec[list] ?? [], old.spec[list] ?? []];
    const why = 'pod updates may not add or remove containers';
    if (now.length !== before.length) return [...errors, forbiddenField(`spec.${list}`, why)];
    errors.push(...now.flatMap((container, index) => validateImage(container, `spec.${list}[${index}]`)));
  }
  const deadline = validateDeadline(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds);
  errors.push(...deadline);
  if (deadline.length > 0 && pod.spec.activeDeadlineSeconds !== undefined) return errors;
  errors.push(...validateAddedTolerations(pod.spec.tolerations ?? [], old.spec.tolerations ?? []));
  errors.push(...validateDeletedGates(pod.spec, old.spec));
  const { spec, errors: gatedErrors } = withoutAllowedChanges(pod.spec, old.spec);
  errors.push(...gatedErrors);
  if (!isEqual(spec, old.spec)) errors.push(forbiddenField('spec', describeChange(spec, old.spec)));
  return errors;
}

function validateImage(container: Container, path: string): readonly FieldError[] {
  const missing = (container.image ?? '') === '' ? [required(`${path}.image`)] : [];
  return [...missing, ...validateImageSpaces(container, path)];
}

/** It may come and shrink, but not go or grow. */
function validateDeadline(now: number | undefined, before: number | undefined): readonly FieldError[] {
  const path = 'spec.activeDeadlineSeconds';
  if (now === undefined)
    return before === undefined
      ? []
      : [invalidValue(path, null, 'must not update from a positive integer to nil value')];
  const range = inRange(now, 0, 2 ** 31 - 1).map((why) => invalidValue(path, now, why));
  if (range.length > 0) return range;
  return before !== undefined && before < now
    ? [invalidValue(path, now, 'must be less than or equal to previous value')]
    : [];
}

function validateAddedTolerations(now: readonly Toleration[], before: readonly Toleration[]): readonly FieldError[] {
  const isKept = (old: Toleration): boolean =>
    now.some((one) => isEqual({ ...old, tolerationSeconds: undefined }, { ...one, tolerationSeconds: undefined }));
  const why = 'existing toleration can not be modified except its tolerationSeconds';
  if (!before.every(isKept)) return [forbiddenField('spec.tolerations', why)];
  return validateTolerations(now, 'spec.tolerations');
}

function validateDeletedGates({ schedulingGates = [] }: PodSpec, old: PodSpec): readonly FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  return schedulingGates.flatMap(({ name }, index) => {
    const why = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return before.has(name) ? [] : [forbiddenField(`spec.schedulingGates[${index}].name`, why)];
  });
}

/** The new spec with everything that may change put back, so that any rest is forbidden. */
function withoutAllowedChanges(
  spec: PodSpec,
  old: PodSpec,
): { readonly spec: PodSpec; readonly errors: readonly FieldError[] } {
  const { schedulingGates, tolerations, activeDeadlineSeconds, terminationGracePeriodSeconds: oldGrace = 0 } = old;
  const withOldImages = (now: readonly Container[], before: readonly Container[]): readonly Container[] =>
    now.map((container, index) => ({ ...container, image: before[index]?.image }));
  const mended = oldGrace < 0 && spec.terminationGracePeriodSeconds === 1;
  const base: PodSpec = {
    ...spec,
    containers: withOldImages(spec.containers, old.containers),
    ...(spec.initContainers === undefined
      ? {}
      : { initContainers: withOldImages(spec.initContainers, old.initContainers ?? []) }),
    schedulingGates,
    tolerations,
    activeDeadlineSeconds,
    ...(mended ? { terminationGracePeriodSeconds: oldGrace } : {}),
  };
  return (schedulingGates ?? []).length > 0 ? withoutGatedChanges(base, old) : { spec: base, errors: [] };
}

/** While a pod is gated, its demands on nodes may be narrowed. */
function withoutGatedChanges(
  spec: PodSpec,
  old: PodSpec,
): { readonly spec: PodSpec; readonly errors: readonly FieldError[] } {
  const { nodeSelector = {} } = old;
  const errors: FieldError[] = [];
  if (!Object.entries(nodeSelector).every(([key, value]) => spec.nodeSelector?.[key] === value)) {
    const why = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(invalidValue('spec.nodeSelector', spec.nodeSelector ?? null, why));
  }
  const [now, before] = [spec.affinity?.nodeAffinity, old.affinity?.nodeAffinity];
  if (!isEqual(now, before)) errors.push(...validateNarrowing(now, before));
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const isOnlyNodeAffinity = old.affinity === undefined && podAffinity === undefined && podAntiAffinity === undefined;
  const affinity =
    isOnlyNodeAffinity || (spec.affinity === undefined && before === undefined)
      ? undefined
      : { ...spec.affinity, nodeAffinity: before };
  return { spec: { ...spec, nodeSelector: old.nodeSelector, affinity }, errors };
}

function validateNarrowing(now: NodeAffinity | undefined, before: NodeAffinity | undefined): readonly FieldError[] {
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  const termsOf = (affinity: NodeAffinity | undefined): readonly NodeSelectorTerm[] =>
    affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const [terms, oldTerms] = [termsOf(now), termsOf(before)];
  if (oldTerms.length === 0) return [];
  if (terms.length !== oldTerms.length) {
    const why = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    return [invalidValue(path, terms, why)];
  }
  return terms.flatMap((term, index) =>
    hasOnlyAdditions(term, oldTerms[index] ?? {})
      ? []
      : [invalidValue(`${path}[${index}]`, term, 'only additions are allowed (no mutations or deletions)')],
  );
}

function hasOnlyAdditions(now: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const;
  const isEmpty = (term: NodeSelectorTerm): boolean => lists.every((list) => (term[list] ?? []).length === 0);
  // An empty term matches nothing: giving it something would widen.
  if (isEmpty(before)) return isEmpty(now);
  return lists.every((list) => {
    const old = before[list] ?? [];
    return isEqual((now[list] ?? []).slice(0, old.length), old);
  });
}

/** Upstream prints a diff of its own structs after the first line; here stand the fields that differ. */
function describeChange(spec: PodSpec, old: PodSpec): string {
  const [now, before] = [spec as unknown as Record<string, unknown>, old as unknown as Record<string, unknown>];
  const fields = [...new Set([...Object.keys(now), ...Object.keys(before)])]
    .filter((field) => !isEqual(now[field], before[field]))
    .toSorted();
  return `pod updates may not change fields other than ${changeable}\n${fields.map((field) => `spec.${field}`).join(', ')}`;
}
