import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../field-error.ts';
import { validatePodTemplate } from '../../core/v1/pod-validation.ts';
import { SelectorError, matchesLabels, selectorOf, validateLabelSelector } from '../../label-selector.ts';
import type { PodTemplateSpec } from '../../schema/core-v1.ts';
import type { LabelSelector } from '../../schema/meta-v1.ts';

/** The selector of a workload and the template whose pods it must select (upstream ValidateReplicaSetSpec). */
export function validateTemplateSelector(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec,
  path: string,
): readonly FieldError[] {
  const at = `${path}.selector`;
  const errors: FieldError[] = [];
  if (selector === undefined) errors.push(required(at));
  else {
    errors.push(...validateLabelSelector(selector, at));
    if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0)
      errors.push(invalidValue(at, selector, 'empty selector is invalid for deployment'));
  }
  return [...errors, ...validateTemplate(selector, template, path)];
}

function validateTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec,
  path: string,
): readonly FieldError[] {
  try {
    const parsed = selectorOf(selector);
    const { labels } = template.metadata ?? {};
    const selects = matchesLabels(parsed, labels);
    const isEmpty = parsed.matchesNothing !== true && parsed.requirements.length === 0;
    const at = `${path}.template`;
    return [
      ...(selects || isEmpty
        ? []
        : [invalidValue(`${at}.metadata.labels`, sorted(labels), '`selector` does not match template `labels`')]),
      ...validatePodTemplate(template, at),
      ...validateLongRunning(template, `${at}.spec`),
    ];
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return [invalidValue(`${path}.selector`, selector, 'invalid label selector')];
  }
}

/** Go prints maps by sorted keys. */
function sorted(labels: Readonly<Record<string, string>> | undefined): unknown {
  if (labels === undefined) return null;
  return Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function validateLongRunning({ spec }: PodTemplateSpec, path: string): readonly FieldError[] {
  const { restartPolicy = '', activeDeadlineSeconds } = spec;
  return [
    ...(restartPolicy === 'Always' ? [] : [notSupported(`${path}.restartPolicy`, restartPolicy, ['Always'])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [forbiddenField(`${path}.activeDeadlineSeconds`, 'activeDeadlineSeconds in ReplicaSet is not Supported')]),
  ];
}
