import { pathText } from './decode-error.ts';
import { endOfString } from './json-string-end.ts';
import type { Struct, Type } from './struct.ts';

const maxProblems = 100;

/**
 * Reads well-formed JSON text for keys that stand twice and, given a struct, for unknown ones, in the
 * order and the words of Kubernetes' strict decoder: nothing is reported below an unknown field, nor
 * inside raw JSON. Only for text that is known to have duplicates: decode finds unknown fields quicker.
 */
export function strictProblems(text: string, struct?: Struct): string[] {
  const reader = new Reader(text);
  reader.value(struct === undefined ? { kind: 'any' } : { kind: 'struct', struct });
  return [...reader.problems];
}

class Reader {
  readonly problems: Set<string> = new Set();
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** `undefined`: skip it silently. */
  value(type: Type | undefined): void {
    const first = this.#token();
    if (first === '{') this.#object(type);
    else if (first === '[') this.#list(type);
    else if (first === '"') this.#at = endOfString(this.#text, this.#at) + 1;
    else while (!',]}'.includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at++;
  }

  #object(type: Type | undefined): void {
    const seen = new Set<string>();
    this.#at++;
    while (this.#token() !== '}') {
      const end = endOfString(this.#text, this.#at);
      const key = JSON.parse(this.#text.slice(this.#at, end + 1)) as string;
      this.#at = end + 1;
      this.#token();
      this.#at++; // the colon
      const member = memberType(type, key);
      if (type?.kind === 'struct' && member === undefined) this.#report('unknown', key);
      else if (isWatched(type) && seen.has(key)) this.#report('duplicate', key);
      seen.add(key);
      this.#path.push(key);
      this.value(member === 'silent' ? undefined : member);
      this.#path.pop();
      if (this.#token() === ',') this.#at++;
    }
    this.#at++;
  }

  #list(type: Type | undefined): void {
    this.#at++;
    for (let index = 0; this.#token() !== ']'; index++) {
      this.#path.push(index);
      this.value(type?.kind === 'list' ? type.element : type?.kind === 'any' ? type : undefined);
      this.#path.pop();
      if (this.#token() === ',') this.#at++;
    }
    this.#at++;
  }

  #token(): string {
    while (' \n\r\t'.includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at++;
    return this.#text.charAt(this.#at);
  }

  #report(what: 'unknown' | 'duplicate', key: string): void {
    if (this.problems.size < maxProblems)
      this.problems.add(`${what} field ${JSON.stringify(pathText([...this.#path, key]))}`);
  }
}

function isWatched(type: Type | undefined): boolean {
  return type !== undefined && (type.kind === 'struct' || type.kind === 'map' || type.kind === 'any');
}

/** undefined in a struct: there is no such field. */
function memberType(type: Type | undefined, key: string): Type | 'silent' | undefined {
  if (type?.kind === 'struct') {
    const field = type.struct.byName.get(key);
    return field === undefined ? undefined : (rawAsSilent(field.type) ?? 'silent');
  }
  if (type?.kind === 'map') return rawAsSilent(type.element);
  return type?.kind === 'any' ? type : 'silent';
}

/** Types that Go decodes by themselves, without strictness. */
function rawAsSilent(type: Type): Type | undefined {
  return type.kind === 'struct' || type.kind === 'map' || type.kind === 'list' || type.kind === 'any'
    ? type
    : undefined;
}
