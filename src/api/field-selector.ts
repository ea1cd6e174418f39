import { SelectorError } from './label-selector.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** All of it must hold; empty matches everything. */
export type FieldSelector = readonly FieldRequirement[];

/**
 * Reads `metadata.name=a,status.phase!=Running`, where `\\`, `\,` and `\=` stand for themselves in
 * values (apimachinery pkg/fields). Which fields exist is the resource's business. Throws SelectorError.
 */
export function parseFieldSelector(text: string): FieldSelector {
  return splitTerms(text)
    .toSorted()
    .filter((term) => term !== '')
    .map((term) => {
      const match = /!=|==|=/.exec(term);
      if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
      const operator: '=' | '!=' = match[0] === '!=' ? '!=' : '=';
      const value = unescapeFieldValue(term.slice(match.index + match[0].length));
      return { field: term.slice(0, match.index), operator, value };
    })
    .filter(({ field, value }) => field !== '' || value !== '');
}

/** Terms end at commas without a backslash before them. */
function splitTerms(text: string): readonly string[] {
  const terms: string[] = [];
  let start = 0;
  let escaped = false;
  for (let i = 0; i < text.length; i++) {
    if (escaped) escaped = false;
    else if (text[i] === '\\') escaped = true;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function unescapeFieldValue(text: string): string {
  let value = '';
  let escaped = false;
  for (const char of text) {
    if (escaped) {
      if (char !== '\\' && char !== ',' && char !== '=')
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${char}`);
      value += char;
      escaped = false;
    } else if (char === '\\') escaped = true;
    else if (char === ',' || char === '=')
      throw new SelectorError(`invalid field selector: unescaped character in value: ${char.codePointAt(0)}`);
    else value += char;
  }
  if (escaped) throw new SelectorError('invalid field selector: invalid escape sequence: \\');
  return value;
}

export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, (char) => `\\${char}`);
}

export function formatFieldSelector(selector: FieldSelector): string {
  return selector.map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`).join(',');
}

/** `read` gives the object's value of a field: '' when it has none. */
export function matchesFields(selector: FieldSelector, read: (field: string) => string): boolean {
  return selector.every(({ field, operator, value }) => (read(field) === value) === (operator === '='));
}

/** The value that the selector demands of this field, if it demands exactly one. */
export function exactFieldValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((one) => one.field === field && one.operator === '=')?.value;
}
