import type { FieldError } from './field-error.ts';
import { invalidValue } from './field-error.ts';
import { percent } from './names.ts';

/** A count, or a percentage such as `25%` (apimachinery pkg/util/intstr). */
export type IntOrString = number | string;

/**
 * The count, with a percentage taken of `total` and rounded as told. Throws an Error with
 * Kubernetes' message for a string that is no percentage.
 */
export function scaledValue(value: IntOrString, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const share = percentOf(value);
  if (share === undefined) {
    const why = value.endsWith('%')
      ? `invalid value ${JSON.stringify(value)}: strconv.Atoi: parsing ${JSON.stringify(value.slice(0, -1))}: invalid syntax`
      : 'invalid type: string is not a percentage';
    throw new Error(`invalid value for IntOrString: ${why}`);
  }
  const hundredfold = share * total;
  return rounding === 'up' ? Math.ceil(hundredfold / 100) : Math.floor(hundredfold / 100);
}

/** The number before the percent sign; undefined when the value is no percentage. */
export function percentOf(value: IntOrString): number | undefined {
  if (typeof value === 'number' || !/^[-+]?[0-9]+%$/.test(value)) return undefined;
  return Number(value.slice(0, -1));
}

/** The rules of maxSurge, maxUnavailable, minAvailable: a count from 0 or a percentage. */
export function validateCountOrPercent(value: IntOrString, path: string): readonly FieldError[] {
  if (typeof value === 'number')
    return value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : [];
  return percent(value).map((message) => invalidValue(path, value, message));
}

/** No more than a hundred percent; counts pass. */
export function validateNotMoreThanHundredPercent(value: IntOrString, path: string): readonly FieldError[] {
  const share = typeof value === 'string' && percent(value).length === 0 ? percentOf(value) : undefined;
  return share !== undefined && share > 100 ? [invalidValue(path, value, 'must not be greater than 100%')] : [];
}
