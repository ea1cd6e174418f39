import { pathText } from '../../api/schema/decode-error.ts';

export interface ParsedJson {
  readonly value: unknown;
  /** `duplicate field "spec.replicas"`, in the order of the text. At most 100. */
  readonly duplicates: readonly string[];
}

/** The text is not JSON, or too deep. The message is Go's. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

// Go refuses at 10,000; everything that walks objects here does so on the stack, which must hold.
const depthMax = 1_000;
const problemsMax = 100;

/** JSON.parse, with Go's words for what is wrong, and with the keys that come twice, of which JSON.parse says nothing. */
export function parseStrictJson(text: string): ParsedJson {
  const scanner = new Scanner(text);
  scanner.scan();
  // The scanner has accepted it, so this cannot fail.
  return { value: JSON.parse(text), duplicates: scanner.duplicates };
}

class Scanner {
  readonly duplicates: string[] = [];
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): void {
    this.#space();
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value');
  }

  #value(): void {
    const char = this.#text[this.#at];
    if (char === '{') this.#object();
    else if (char === '[') this.#array();
    else if (char === '"') this.#string();
    else if (char === 't') this.#word('true');
    else if (char === 'f') this.#word('false');
    else if (char === 'n') this.#word('null');
    else if (char === '-' || isDigit(char)) this.#number();
    else throw this.#unexpected('looking for beginning of value');
  }

  #object(): void {
    this.#descend();
    this.#at++;
    this.#space();
    const keys = new Set<string>();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return;
    }
    for (;;) {
      if (this.#text[this.#at] !== '"') throw this.#unexpected('looking for beginning of object key string');
      const key = this.#string();
      this.#path.push(key);
      if (keys.has(key)) this.#duplicate();
      keys.add(key);
      this.#space();
      if (this.#text[this.#at] !== ':') throw this.#unexpected('after object key');
      this.#at++;
      this.#space();
      this.#value();
      this.#path.pop();
      this.#space();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== '}') throw this.#unexpected('after object key:value pair');
      this.#at++;
      if (next === '}') return;
      this.#space();
    }
  }

  #array(): void {
    this.#descend();
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return;
    }
    for (let index = 0; ; index++) {
      this.#path.push(index);
      this.#value();
      this.#path.pop();
      this.#space();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== ']') throw this.#unexpected('after array element');
      this.#at++;
      if (next === ']') return;
      this.#space();
    }
  }

  #string(): string {
    const start = this.#at++;
    let hasEscape = false;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char < ' ') throw this.#unexpected('in string literal');
      this.#at++;
      if (char === '"') break;
      if (char !== '\\') continue;
      hasEscape = true;
      const escaped = this.#text[this.#at];
      if (escaped === undefined || !'"\\/bfnrtu'.includes(escaped)) throw this.#unexpected('in string escape code');
      this.#at++;
      if (escaped !== 'u') continue;
      for (const end = this.#at + 4; this.#at < end; this.#at++) {
        if (!/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? ''))
          throw this.#unexpected('in \\u hexadecimal character escape');
      }
    }
    const literal = this.#text.slice(start, this.#at);
    return hasEscape ? (JSON.parse(literal) as string) : literal.slice(1, -1);
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++;
    if (this.#text[this.#at] === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    const char = this.#text[this.#at];
    if (char !== 'e' && char !== 'E') return;
    this.#at++;
    const sign = this.#text[this.#at];
    if (sign === '+' || sign === '-') this.#at++;
    this.#digits('in exponent of numeric literal');
  }

  #digits(where: string): void {
    if (!isDigit(this.#text[this.#at])) throw this.#unexpected(where);
    while (isDigit(this.#text[this.#at])) this.#at++;
  }

  #word(word: string): void {
    for (const [index, expected] of [...word].entries()) {
      if (this.#text[this.#at] !== expected) throw this.#unexpected(`in literal ${word} (expecting '${word[index]}')`);
      this.#at++;
    }
  }

  #space(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char !== ' ' && char !== '\n' && char !== '\t' && char !== '\r') return;
      this.#at++;
    }
  }

  /** The path grows by one a level, so it tells the depth. */
  #descend(): void {
    if (this.#path.length >= depthMax) throw new JsonSyntaxError('exceeded max depth');
  }

  #duplicate(): void {
    if (this.duplicates.length < problemsMax)
      this.duplicates.push(`duplicate field ${JSON.stringify(pathText(this.#path))}`);
  }

  #unexpected(where: string): JsonSyntaxError {
    const char = this.#text[this.#at];
    if (char === undefined) return new JsonSyntaxError('unexpected end of JSON input');
    const quoted = char === "'" ? `'\\''` : `'${JSON.stringify(char).slice(1, -1).replace('\\"', '"')}'`;
    return new JsonSyntaxError(`invalid character ${quoted} ${where}`);
  }
}

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';
