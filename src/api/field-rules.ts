import { type FieldError, invalidValue, notSupported, required } from './field-error.ts';
import { type NameRule, dns1123Label, dns1123Subdomain, portName, portNumber, qualifiedName } from './names.ts';

/** Small rules that validations of many kinds share; each returns what is broken (upstream pkg/apis/core/validation). */
export function byRule(rule: NameRule, value: string, path: string): readonly FieldError[] {
  return rule(value).map((message) => invalidValue(path, value, message));
}

export const isDns1123Label = (value: string, path: string): readonly FieldError[] => byRule(dns1123Label, value, path);

export const isDns1123Subdomain = (value: string, path: string): readonly FieldError[] =>
  byRule(dns1123Subdomain, value, path);

export const isQualifiedName = (value: string, path: string): readonly FieldError[] =>
  byRule(qualifiedName, value, path);

export function isNonNegative(value: number, path: string): readonly FieldError[] {
  return value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : [];
}

export function isPositive(value: number, path: string): readonly FieldError[] {
  return value <= 0 ? [invalidValue(path, value, 'must be greater than zero')] : [];
}

export function isPortNumberOrName(port: number | string, path: string): readonly FieldError[] {
  const messages = typeof port === 'number' ? portNumber(port) : portName(port);
  return messages.map((message) => invalidValue(path, port, message));
}

/** One of a closed list; `supported` in the order in which the message names it. */
export function isOneOf(value: string | undefined, supported: readonly string[], path: string): readonly FieldError[] {
  if (value === undefined || value === '') return [required(path)];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

/** The like for a field that may be absent, but not empty. */
export function isOneOfOrAbsent(
  value: string | undefined,
  supported: readonly string[],
  path: string,
): readonly FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

/** The value has stayed as it was. */
export function isUnchanged(value: unknown, old: unknown, path: string): readonly FieldError[] {
  return isEqual(value, old) ? [] : [invalidValue(path, value, 'field is immutable')];
}

/**
 * Deep equality of decoded values as Kubernetes' semantic equality sees it: what is absent equals an
 * empty list. (Decoding drops empty maps; an empty object that it keeps says something.)
 */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isAbsent(a) || isAbsent(b)) return isAbsent(a) && isAbsent(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => isEqual(one, b[i]));
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => isEqual(left[key], right[key]));
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
