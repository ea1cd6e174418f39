import { type FieldError, forbiddenField, invalidValue, required } from './field-error.ts';
import { qualifiedName, validLabelValue } from './names.ts';
import type { LabelSelector, LabelSelectorRequirement } from './schema/meta-v1.ts';

export type Labels = Readonly<Record<string, string>>;

export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

/** All requirements must hold; one without any matches everything. */
export interface Selector {
  readonly requirements: readonly Requirement[];
  /** What an absent LabelSelector object becomes. */
  readonly matchesNothing?: true;
}

export const everything: Selector = { requirements: [] };
export const nothing: Selector = { requirements: [], matchesNothing: true };

/** A selector that cannot be understood. The message is Kubernetes' own. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

export function matchesLabels(selector: Selector, labels: Labels | undefined): boolean {
  return selector.matchesNothing !== true && selector.requirements.every((one) => holds(one, labels ?? {}));
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const [left, right] = [int64(value), int64(values[0])];
      if (left === undefined || right === undefined) return false;
      return operator === 'gt' ? left > right : left < right;
    }
  }
}

/** The decimal integer that Go's ParseInt(text, 10, 64) reads, or undefined. */
export function int64(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[-+]?[0-9]{1,100}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** Upstream's metav1.LabelSelectorAsSelector: absent selects nothing, empty everything. Throws SelectorError. */
export function selectorOf(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return nothing;
  const requirements = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => requirement(key, '=', [value])),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values }) => {
      const operators: Readonly<Record<string, SelectorOperator>> = {
        In: 'in',
        NotIn: 'notin',
        Exists: 'exists',
        DoesNotExist: '!',
      };
      const known = operators[operator];
      if (known === undefined) throw new SelectorError(`"${operator}" is not a valid label selector operator`);
      return requirement(key, known, values ?? []);
    }),
  ];
  return { requirements: byKey(requirements) };
}

/** The selector of services and replication controllers: every label must be there with this value. Not validated. */
export function selectorOfLabels(labels: Labels | undefined): Selector {
  const requirements = Object.entries(labels ?? {}).map(([key, value]): Requirement => ({
    key,
    operator: '=',
    values: [value],
  }));
  return { requirements: byKey(requirements) };
}

/** A requirement whose parts fit together. Throws SelectorError with every broken rule. */
export function requirement(
  key: string,
  operator: SelectorOperator,
  values: readonly string[],
  path?: string,
): Requirement {
  const at = path === undefined ? '' : `${path}.`;
  const errors: FieldError[] = [];
  const wrongKey = qualifiedName(key).join('; ');
  if (wrongKey !== '') errors.push(invalidValue(`${at}key`, key, wrongKey));
  const wrongCount = countError(operator, values.length);
  if (wrongCount !== undefined) errors.push(invalidValue(`${at}values`, values, wrongCount));
  for (const [index, value] of values.entries()) {
    if ((operator === 'gt' || operator === 'lt') && int64(value) === undefined)
      errors.push(
        invalidValue(`${at}values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"),
      );
  }
  for (const [index, value] of values.entries()) {
    const wrong = validLabelValue(value).join('; ');
    if (wrong !== '') errors.push(invalidValue(`${at}values[${index}][${key}]`, value, wrong));
  }
  if (errors.length > 0) throw new SelectorError(aggregate(errors));
  return { key, operator, values };
}

function countError(operator: SelectorOperator, count: number): string | undefined {
  switch (operator) {
    case 'in':
    case 'notin':
      return count === 0 ? "for 'in', 'notin' operators, values set can't be empty" : undefined;
    case '=':
    case '==':
    case '!=':
      return count === 1 ? undefined : 'exact-match compatibility requires one single value';
    case 'exists':
    case '!':
      return count === 0 ? undefined : 'values set must be empty for exists and does not exist';
    case 'gt':
    case 'lt':
      return count === 1 ? undefined : "for 'Gt', 'Lt' operators, exactly one value is required";
  }
}

/** How Go prints an aggregate of field errors. */
function aggregate(errors: readonly FieldError[]): string {
  const lines = [...new Set(errors.map(({ field, detail }) => `${field}: ${detail}`))];
  return lines.length === 1 ? lines[0]! : `[${lines.join(', ')}]`;
}

export function byKey(requirements: readonly Requirement[]): readonly Requirement[] {
  return requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** The canonical text, such as `app=web,tier in (a,b),!canary`. */
export function formatSelector(selector: Selector): string {
  return selector.requirements.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  const list = values.toSorted().join(',');
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`;
    case 'gt':
      return `${key}>${list}`;
    case 'lt':
      return `${key}<${list}`;
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${list}`;
  }
}

/** What tables print for a LabelSelector object: `<none>` when it is absent or empty. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  try {
    const text = formatSelector(selectorOf(selector));
    return text === '' ? '<none>' : text;
  } catch {
    return '<error>';
  }
}

/** The rules of a LabelSelector inside an object. */
export function validateLabelSelector(selector: LabelSelector | undefined, path: string): readonly FieldError[] {
  if (selector === undefined) return [];
  return [
    ...validateLabels(selector.matchLabels, `${path}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((one, index) =>
      validateSelectorRequirement(one, `${path}.matchExpressions[${index}]`),
    ),
  ];
}

export function validateSelectorRequirement(
  { key, operator, values = [] }: LabelSelectorRequirement,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(
        forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      );
  } else errors.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'));
  errors.push(...validateLabelName(key, `${path}.key`));
  for (const [index, value] of values.entries())
    for (const message of validLabelValue(value)) errors.push(invalidValue(`${path}.values[${index}]`, value, message));
  return errors;
}

export function validateLabelName(name: string, path: string): readonly FieldError[] {
  return qualifiedName(name).map((message) => invalidValue(path, name, message));
}

/** The rules of a map of labels: errors name the map, not the key. */
export function validateLabels(labels: Labels | undefined, path: string): readonly FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...validateLabelName(key, path),
    ...validLabelValue(value).map((message) => invalidValue(path, value, message)),
  ]);
}
