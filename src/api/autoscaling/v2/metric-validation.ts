import { isDns1123Label } from '../../field-rules.ts';
import { validateContainerResourceName } from '../../core/v1/resource-requirements.ts';
import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../field-error.ts';
import { compareQuantity, parseQuantity, zeroQuantity } from '../../quantity.ts';
import { pathSegment } from '../../names.ts';
import type { MetricIdentifier, MetricSpec, MetricTarget } from '../../schema/autoscaling-v2.ts';
import { validateReference } from './reference-validation.ts';

const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
/** In the order in which upstream looks: the first source that is there is the one whose rules are checked. */
const sources = ['object', 'external', 'pods', 'resource', 'containerResource'] as const;

/** One metric of an autoscaler: a type, and the source that the type names and no other (upstream validateMetricSpec). */
export function validateMetricSpec(spec: MetricSpec, path: string): readonly FieldError[] {
  const { type } = spec;
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
  // Upstream looks twice, and reports once.
  if (!types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
  const present = sources.filter((source) => spec[source] !== undefined);
  const [first] = present;
  if (first !== undefined) errors.push(...validateSource(spec, first, `${path}.${first}`));
  const expected = sources.find((source) => source.toLowerCase() === type.toLowerCase());
  if (expected !== undefined && spec[expected] === undefined)
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'));
  if (present.length !== 1)
    for (const source of present)
      if (source !== expected)
        errors.push(forbiddenField(`${path}.${source}`, 'must populate the given metric source only'));
  return errors;
}

function validateSource(spec: MetricSpec, source: (typeof sources)[number], path: string): readonly FieldError[] {
  switch (source) {
    case 'object':
      return [
        ...validateReference(spec.object!.describedObject, `${path}.describedObject`, { groupMayBeEmpty: true }),
        ...validateNamed(spec.object!, path, (target) =>
          hasNeither(target.value, target.averageValue)
            ? [required(`${path}.target.averageValue`, 'must set either a target value or averageValue')]
            : [],
        ),
      ];
    case 'external':
      return validateNamed(spec.external!, path, ({ value, averageValue }) =>
        eitherOf(value, averageValue, {
          neither: [`${path}.target.averageValue`, 'must set either a target value for metric or a per-pod target'],
          both: [`${path}.target.value`, 'may not set both a target value for metric and a per-pod target'],
        }),
      );
    case 'pods':
      return validateNamed(spec.pods!, path, ({ averageValue }) =>
        averageValue === undefined
          ? [required(`${path}.target.averageValue`, 'must specify a positive target averageValue')]
          : [],
      );
    case 'resource': {
      const { name, target } = spec.resource!;
      return [
        ...(name === '' ? [required(`${path}.name`, 'must specify a resource name')] : []),
        ...validateResourceTarget(target, `${path}.target`),
      ];
    }
    case 'containerResource': {
      const { name, container, target } = spec.containerResource!;
      return [
        ...(name === ''
          ? [required(`${path}.name`, 'must specify a resource name')]
          : validateContainerResourceName(name, `${path}.name`)),
        ...(container === ''
          ? [required(`${path}.container`, 'must specify a container')]
          : isDns1123Label(container, `${path}.container`)),
        ...validateResourceTarget(target, `${path}.target`),
      ];
    }
  }
}

function validateNamed(
  { metric, target }: { readonly metric: MetricIdentifier; readonly target: MetricTarget },
  path: string,
  rule: (target: MetricTarget) => readonly FieldError[],
): readonly FieldError[] {
  const { name } = metric;
  return [
    ...(name === ''
      ? [required(`${path}.metric.name`, 'must specify a metric name')]
      : pathSegment(name).map((message) => invalidValue(`${path}.metric.name`, name, message))),
    ...validateTarget(target, `${path}.target`),
    ...rule(target),
  ];
}

function validateResourceTarget(target: MetricTarget, path: string): readonly FieldError[] {
  return [
    ...validateTarget(target, path),
    ...eitherOf(target.averageUtilization, target.averageValue, {
      neither: [`${path}.averageUtilization`, 'must set either a target raw value or a target utilization'],
      both: [`${path}.averageValue`, 'may not set both a target raw value and a target utilization'],
    }),
  ];
}

type Complaint = readonly [path: string, why: string];

function eitherOf(
  a: unknown,
  b: unknown,
  { neither, both }: { readonly neither: Complaint; readonly both: Complaint },
): readonly FieldError[] {
  if (hasNeither(a, b)) return [required(...neither)];
  return a !== undefined && b !== undefined ? [forbiddenField(...both)] : [];
}

const hasNeither = (a: unknown, b: unknown): boolean => a === undefined && b === undefined;

function validateTarget(
  { type, value, averageValue, averageUtilization }: MetricTarget,
  path: string,
): readonly FieldError[] {
  const isKnown = type === 'Utilization' || type === 'Value' || type === 'AverageValue';
  return [
    ...(type === '' ? [required(`${path}.type`, 'must specify a metric target type')] : []),
    ...(isKnown ? [] : [invalidValue(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue')]),
    ...validatePositive(value, `${path}.value`),
    ...validatePositive(averageValue, `${path}.averageValue`),
    ...(averageUtilization !== undefined && averageUtilization < 1
      ? [invalidValue(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0')]
      : []),
  ];
}

function validatePositive(text: string | undefined, path: string): readonly FieldError[] {
  if (text === undefined || compareQuantity(parseQuantity(text), zeroQuantity) > 0) return [];
  return [invalidValue(path, text, 'must be positive')];
}
