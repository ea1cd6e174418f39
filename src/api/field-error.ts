/**
 * One broken rule of validation, worded as apimachinery's field.Error does
 * (pkg/util/validation/field/errors.go): `detail` is the text after the field's path.
 */
export interface FieldError {
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueNotFound'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTooFew'
    | 'FieldValueTooShort'
    | 'FieldValueTypeInvalid'
    | 'InternalError';
  readonly field: string;
  readonly detail: string;
}

export const required = (field: string, detail = ''): FieldError => ({
  reason: 'FieldValueRequired',
  field,
  detail: detail === '' ? 'Required value' : `Required value: ${detail}`,
});

export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  detail: `Invalid value: ${quoted(value)}: ${detail}`,
});

export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: 'FieldValueTypeInvalid',
  field,
  detail: `Invalid value: ${quoted(value)}: ${detail}`,
});

/** `supported` is named in the given order: sort it where upstream keeps a set. */
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  reason: 'FieldValueNotSupported',
  field,
  detail: `Unsupported value: ${quoted(value)}: supported values: ${supported.map(quoted).join(', ')}`,
});

export const notFoundValue = (field: string, value: unknown, detail = ''): FieldError => ({
  reason: 'FieldValueNotFound',
  field,
  detail: `Not found: ${quoted(value)}${detail === '' ? '' : `: ${detail}`}`,
});

export const forbiddenField = (field: string, detail: string): FieldError => ({
  reason: 'FieldValueForbidden',
  field,
  detail: `Forbidden: ${detail}`,
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  reason: 'FieldValueDuplicate',
  field,
  detail: `Duplicate value: ${quoted(value)}`,
});

export const tooLong = (field: string, maxBytes: number): FieldError => ({
  reason: 'FieldValueTooLong',
  field,
  detail: `Too long: may not be more than ${maxBytes} ${maxBytes === 1 ? 'byte' : 'bytes'}`,
});

export const tooMany = (field: string, actual: number, max: number): FieldError => ({
  reason: 'FieldValueTooMany',
  field,
  detail: `Too many: ${actual}: must have at most ${max} ${max === 1 ? 'item' : 'items'}`,
});

/** A bug, or a state that should not be, found while validating. */
export const internalProblem = (field: string, detail: string): FieldError => ({
  reason: 'InternalError',
  field,
  detail: `Internal error: ${detail}`,
});

/** Values as Go prints them: strings by strconv.Quote, all else as JSON with <, > and & escaped. */
function quoted(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return goQuote(value);
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const goEscapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** Go's %q: what cannot be printed is written as \x, \u or \U with its number. */
function goQuote(text: string): string {
  let result = '"';
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    const named = goEscapes[char];
    if (named !== undefined) result += named;
    else if (point < 0x20 || point === 0x7f) result += `\\x${point.toString(16).padStart(2, '0')}`;
    else if (point > 0x7f && /[\p{C}\p{Z}]/u.test(char))
      result +=
        point > 0xffff ? `\\U${point.toString(16).padStart(8, '0')}` : `\\u${point.toString(16).padStart(4, '0')}`;
    else result += char;
  }
  return `${result}"`;
}
