import { parseArgs } from 'node:util';

/** A command-line flag and what it may be. */
export type Flag =
  | { readonly kind: 'text'; readonly help: string; readonly default?: string }
  | {
      readonly kind: 'whole' | 'number';
      readonly help: string;
      readonly least: number;
      readonly most: number;
      readonly default?: number;
    };

export type Flags = Readonly<Record<string, Flag>>;

/** The values under the flags' own names; undefined when neither told nor defaulted. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]:
    | (F[Name] extends { kind: 'text' } ? string : number)
    | (F[Name] extends { default: string | number } ? never : undefined);
};

/** The command line is wrong; the message says which flag. Programs exit with code 2. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/** Throws FlagError for a flag that is unknown, has no value or a wrong one, and for anything that is no flag. */
export function parseFlags<const F extends Flags>(flags: F, args: readonly string[]): FlagValues<F> {
  const options = Object.fromEntries(Object.keys(flags).map((name) => [name, { type: 'string' as const }]));
  let given: Record<string, unknown>;
  try {
    given = parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // The first sentence says what is wrong, the others how other programs would be helped.
    throw new FlagError((error as Error).message.split(/[.\n]( |$)/m, 1)[0] ?? 'the flags cannot be read');
  }
  const values = Object.entries(flags).map(([name, flag]) => {
    const text = given[name];
    if (typeof text !== 'string') return [name, flag.default] as const;
    return [name, flag.kind === 'text' ? text : numberOf(name, flag, text)] as const;
  });
  return Object.fromEntries(values) as FlagValues<F>;
}

function numberOf(name: string, flag: Exclude<Flag, { kind: 'text' }>, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  const fits = value >= flag.least && value <= flag.most && (flag.kind === 'number' || Number.isInteger(value));
  if (!fits) {
    const what = flag.kind === 'whole' ? 'a whole number' : 'a number';
    throw new FlagError(`--${name} must be ${what} from ${flag.least} to ${flag.most}, not ${JSON.stringify(text)}`);
  }
  return value;
}

export function helpText(usage: string, flags: Flags): string {
  const width = Math.max(...Object.keys(flags).map((name) => name.length)) + 6;
  const lines = Object.entries(flags).map(([name, flag]) => {
    const argument = flag.kind === 'text' ? 'X' : 'N';
    const ends = flag.default === undefined || flag.default === '' ? '' : ` (${flag.default})`;
    return `  ${`--${name} ${argument}`.padEnd(width)}  ${flag.help}${ends}`;
  });
  return `${usage}\n\n${lines.join('\n')}\n`;
}
