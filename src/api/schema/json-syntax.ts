/** The text is not JSON. The message is that of Go's encoding/json. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

/** Go's message for text that JSON.parse refused. Walks without recursion: the text may be hostile. */
export function whatIsWrong(text: string): string {
  const open: ('{' | '[')[] = [];
  let at = 0;
  let expecting: Expecting = 'value';
  /** Go feeds a space at the end of the text: what a space cannot follow is named before the end is. */
  const wrong = (where: number, context: string): string =>
    where >= text.length && !endIsNamed(context)
      ? 'unexpected end of JSON input'
      : `invalid character ${quoted(text, where)} ${context}`;

  for (;;) {
    while (' \n\r\t'.includes(text.charAt(at)) && at < text.length) at++;
    const character = text.charAt(at);
    switch (expecting) {
      case 'value or ]':
      case 'value':
        if (character === ']' && expecting === 'value or ]') {
          open.pop();
          at++;
          expecting = afterValue(open);
          break;
        }
        if (character === '{' || character === '[') {
          open.push(character);
          at++;
          expecting = character === '{' ? 'key or }' : 'value or ]';
          break;
        }
        {
          const scalar = scanScalar(text, at);
          if (scalar.wrong !== undefined) return wrong(scalar.end, scalar.wrong);
          at = scalar.end;
          expecting = afterValue(open);
        }
        break;
      case 'key or }':
      case 'key':
        if (character === '}' && expecting === 'key or }') {
          open.pop();
          at++;
          expecting = afterValue(open);
          break;
        }
        if (character !== '"') return wrong(at, 'looking for beginning of object key string');
        {
          const key = scanScalar(text, at);
          if (key.wrong !== undefined) return wrong(key.end, key.wrong);
          at = key.end;
          expecting = 'colon';
        }
        break;
      case 'colon':
        if (character !== ':') return wrong(at, 'after object key');
        at++;
        expecting = 'value';
        break;
      case 'after member':
      case 'after element': {
        const isMember: boolean = expecting === 'after member';
        if (character === ',') expecting = isMember ? 'key' : 'value';
        else if (character === (isMember ? '}' : ']')) {
          open.pop();
          expecting = afterValue(open);
        } else return wrong(at, isMember ? 'after object key:value pair' : 'after array element');
        at++;
        break;
      }
      case 'end':
        return wrong(at, 'after top-level value');
    }
  }
}

type Expecting = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'after member' | 'after element' | 'end';

function afterValue(open: readonly ('{' | '[')[]): Expecting {
  const innermost = open.at(-1);
  return innermost === undefined ? 'end' : innermost === '{' ? 'after member' : 'after element';
}

/** A string, number or word; `end` is where it ends or where it goes wrong. */
function scanScalar(text: string, from: number): { end: number; wrong?: string } {
  const character = text.charAt(from);
  if (character === '"') return scanString(text, from);
  for (const word of ['true', 'false', 'null']) {
    if (character !== word.charAt(0)) continue;
    for (let index = 1; index < word.length; index++)
      if (text.charAt(from + index) !== word.charAt(index))
        return { end: from + index, wrong: `in literal ${word} (expecting '${word.charAt(index)}')` };
    return { end: from + word.length };
  }
  if (character === '-' || isDigit(character)) return scanNumber(text, from);
  return { end: from, wrong: 'looking for beginning of value' };
}

function scanString(text: string, from: number): { end: number; wrong?: string } {
  for (let at = from + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return { end: at + 1 };
    if (character < ' ') return { end: at, wrong: 'in string literal' };
    if (character !== '\\') continue;
    at++;
    if (text.charAt(at) === 'u') {
      for (let digit = 1; digit <= 4; digit++)
        if (!/[0-9a-fA-F]/.test(text.charAt(at + digit)))
          return { end: at + digit, wrong: 'in \\u hexadecimal character escape' };
      at += 4;
    } else if (!/["\\/bfnrt]/.test(text.charAt(at))) return { end: at, wrong: 'in string escape code' };
  }
  return { end: text.length, wrong: 'in string literal' };
}

function scanNumber(text: string, from: number): { end: number; wrong?: string } {
  let at = from;
  const digits = (): boolean => {
    const start = at;
    while (isDigit(text.charAt(at))) at++;
    return at > start;
  };
  if (text.charAt(at) === '-') at++;
  if (text.charAt(at) === '0') at++;
  else if (!digits()) return { end: at, wrong: 'in numeric literal' };
  if (text.charAt(at) === '.') {
    at++;
    if (!digits()) return { end: at, wrong: 'after decimal point in numeric literal' };
  }
  if (text.charAt(at) === 'e' || text.charAt(at) === 'E') {
    at++;
    if (text.charAt(at) === '+' || text.charAt(at) === '-') at++;
    if (!digits()) return { end: at, wrong: 'in exponent of numeric literal' };
  }
  return { end: at };
}

/** Inside strings and between tokens a space is in order, inside numbers, words and escapes it is not. */
function endIsNamed(context: string): boolean {
  return context !== 'in string literal' && (context.startsWith('in ') || context.endsWith('numeric literal'));
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

/** Go looks at bytes: of a character beyond ASCII it shows the first one. */
function quoted(text: string, at: number): string {
  const code = text.charCodeAt(at);
  if (at >= text.length) return "' '";
  if (code === 0x27) return String.raw`'\''`;
  if (code === 0x22) return `'"'`;
  if (code === 0x5c) return String.raw`'\\'`;
  if (code < 0x20 || code === 0x7f) {
    const named: Readonly<Record<number, string>> = {
      7: '\\a',
      8: '\\b',
      9: '\\t',
      10: '\\n',
      11: '\\v',
      12: '\\f',
      13: '\\r',
    };
    return `'${named[code] ?? `\\x${code.toString(16).padStart(2, '0')}`}'`;
  }
  if (code < 0x80) return `'${text.charAt(at)}'`;
  const firstByte = new TextEncoder().encode(String.fromCodePoint(text.codePointAt(at) ?? 0))[0] ?? 0;
  return `'${String.fromCharCode(firstByte)}'`;
}
