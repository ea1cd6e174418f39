import { endOfString } from './json-string-end.ts';
import { JsonSyntaxError, whatIsWrong } from './json-syntax.ts';
import { strictProblems } from './strict-problems.ts';

export interface JsonText<T = unknown> {
  readonly value: T;
  /** Kubernetes' words for keys that stand twice, `duplicate field "spec.replicas"`. The last one counts. */
  readonly duplicateFields: readonly string[];
}

export interface JsonLimits {
  /** Levels of lists and objects; deeper text is an error. Everything that walks the value recurses. */
  readonly maxDepth?: number;
}

/**
 * JSON.parse, and it also notices what JSON.parse hides: keys that stand twice, and nesting made to
 * exhaust the stack. Throws JsonSyntaxError with Go's message.
 */
export function parseJson<T = unknown>(text: string, { maxDepth = 1000 }: JsonLimits = {}): JsonText<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JsonSyntaxError(whatIsWrong(text), { cause: error });
  }
  return { value: value as T, duplicateFields: hasDuplicates(text, value, maxDepth) ? strictProblems(text) : [] };
}

/** Fewer keys in the value than colons in the text: only then is it worth reading the text again. */
export function hasDuplicates(text: string, value: unknown, maxDepth = 1000): boolean {
  return countKeys(value, maxDepth) !== countMembers(text);
}

function countKeys(value: unknown, depthLeft: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depthLeft === 0) throw new JsonSyntaxError('exceeded max depth');
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countKeys(item, depthLeft - 1);
    return count;
  }
  for (const key in value) {
    count++;
    const member = (value as Record<string, unknown>)[key];
    if (typeof member === 'object') count += countKeys(member, depthLeft - 1);
  }
  return count;
}

/** Strings that a colon follows. indexOf leaps from quote to quote, which is many times quicker than a scan. */
function countMembers(text: string): number {
  let count = 0;
  let open = text.indexOf('"');
  while (open >= 0) {
    const close = endOfString(text, open);
    let next = close + 1;
    let code = text.charCodeAt(next);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++next);
    if (code === 0x3a) count++;
    open = text.indexOf('"', next);
  }
  return count;
}
