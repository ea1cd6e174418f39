import {
  type Requirement,
  type Selector,
  type SelectorOperator,
  byKey,
  requirement,
  SelectorError,
} from './label-selector.ts';
import { qualifiedName } from './names.ts';
import { invalidValue } from './field-error.ts';

/**
 * Reads the written form of a label selector, `x in (a,b), y!=c, !z, w`, as apimachinery's
 * pkg/labels does, with its messages. Throws SelectorError.
 */
export function parseLabelSelector(text: string): Selector {
  const tokens = new Tokens(text);
  const requirements: Requirement[] = [];
  if (tokens.peek().kind === 'end') return { requirements };
  for (;;) {
    const first = tokens.peek();
    if (first.kind !== 'word' && first.kind !== '!')
      throw new SelectorError(`found '${first.text}', expected: !, identifier, or 'end of string'`);
    requirements.push(readRequirement(tokens));
    const next = tokens.take();
    if (next.kind === 'end') return { requirements: byKey(requirements) };
    if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`);
    const following = tokens.peek();
    if (following.kind !== 'word' && following.kind !== '!')
      throw new SelectorError(`found '${following.text}', expected: identifier after ','`);
  }
}

function readRequirement(tokens: Tokens): Requirement {
  try {
    const negated = tokens.peek().kind === '!';
    if (negated) tokens.take();
    const key = tokens.take();
    if (key.kind !== 'word') throw new SelectorError(`found '${key.text}', expected: identifier`);
    const wrong = qualifiedName(key.text).join('; ');
    if (wrong !== '') throw new SelectorError(`<nil>: ${invalidValue('', key.text, wrong).detail}`);
    const next = tokens.peek().kind;
    if (negated) return requirement(key.text, '!', []);
    if (next === 'end' || next === ',') return requirement(key.text, 'exists', []);
    const operator = readOperator(tokens);
    const values = operator === 'in' || operator === 'notin' ? readValueSet(tokens) : [readExactValue(tokens)];
    return requirement(key.text, operator, values.toSorted());
  } catch (cause) {
    if (cause instanceof SelectorError)
      throw new SelectorError(`unable to parse requirement: ${cause.message}`, { cause });
    throw cause;
  }
}

function readOperator(tokens: Tokens): SelectorOperator {
  const token = tokens.take();
  switch (token.kind === 'word' ? token.text : token.kind) {
    case '=':
      return '=';
    case '==':
      return '==';
    case '!=':
      return '!=';
    case '>':
      return 'gt';
    case '<':
      return 'lt';
    case 'in':
      return 'in';
    case 'notin':
      return 'notin';
    default:
      throw new SelectorError(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function readExactValue(tokens: Tokens): string {
  const next = tokens.peek();
  if (next.kind === 'end' || next.kind === ',') return '';
  tokens.take();
  if (next.kind !== 'word') throw new SelectorError(`found '${next.text}', expected: identifier`);
  return next.text;
}

/** `(a,,b)` holds the empty value too, and `()` only that. */
function readValueSet(tokens: Tokens): readonly string[] {
  const open = tokens.take();
  if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
  const first = tokens.peek();
  if (first.kind === ')') {
    tokens.take();
    return [''];
  }
  if (first.kind !== 'word' && first.kind !== ',')
    throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`);
  const values = new Set<string>();
  for (;;) {
    const token = tokens.take();
    if (token.kind === 'word') {
      values.add(token.text);
      const next = tokens.peek();
      if (next.kind === ')') break;
      if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or ')'`);
    } else if (token.kind === ',') {
      if (values.size === 0) values.add('');
      const next = tokens.peek().kind;
      if (next === ',' || next === ')') values.add('');
      if (next === ')') break;
    } else throw new SelectorError(`found '${token.text}', expected: ',', or identifier`);
  }
  tokens.take();
  return [...values];
}

type TokenKind = 'word' | 'end' | 'error' | ')' | '(' | ',' | '!' | '==' | '=' | '!=' | '>' | '<';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const end: Token = { kind: 'end', text: '' };

/** Words `in` and `notin` stay words: only the place tells whether they are operators. */
class Tokens {
  readonly #runs: Iterator<RegExpMatchArray>;
  #read: readonly Token[] = [];
  #position = 0;

  constructor(text: string) {
    // A NUL ends the text, as in upstream's lexer.
    const upToNul = text.split('\0', 1)[0] ?? '';
    this.#runs = upToNul.matchAll(/([=!(),><]+)|[^=!(),><\s]+/g);
  }

  peek(): Token {
    if (this.#position === this.#read.length) {
      const run = this.#runs.next();
      if (run.done === true) return end;
      const [whole, symbols] = run.value;
      this.#read = symbols === undefined ? [{ kind: 'word', text: whole }] : splitSymbols(symbols);
      this.#position = 0;
    }
    return this.#read[this.#position] ?? end;
  }

  take(): Token {
    const token = this.peek();
    this.#position += 1;
    return token;
  }
}

/** The longest operators first: `!=(` is `!=` and `(`. */
function splitSymbols(symbols: string): readonly Token[] {
  return (symbols.match(/==|!=|[=!(),><]/g) ?? []).map((text) => ({ kind: text as TokenKind, text }));
}
