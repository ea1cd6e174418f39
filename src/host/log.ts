import { openSync, writeSync } from 'node:fs';
import type { Clock } from '../std/clock.ts';
import type { Fields, Log } from '../machinery/log.ts';
import { fieldText, safeField } from './log-fields.ts';

export interface LogOptions {
  readonly clock: Clock;
  /** One line, without its end. A sink must not throw. */
  readonly sink: (line: string) => void;
  /** `json` for machines: one object a line with `ts` (RFC 3339), `level`, `msg`. `human` for eyes. */
  readonly form: 'json' | 'human';
  readonly colour: boolean;
}

const levels = {
  info: { letter: 'I', sgr: 32 },
  warn: { letter: 'W', sgr: 33 },
  error: { letter: 'E', sgr: 31 },
} as const;
type Level = keyof typeof levels;

/** A log over any sink. Fields named like secrets are withheld; Kubernetes objects are named, never shown. */
export function lineLog(options: LogOptions, bound: Fields = {}): Log {
  const say = (level: Level, message: string, fields: Fields = {}): void => {
    const time = new Date(options.clock.now()).toISOString();
    const all = { ...bound, ...fields };
    const line =
      options.form === 'json'
        ? jsonLine(level, time, message, all)
        : humanLine(level, time, message, all, options.colour);
    options.sink(line);
  };
  return {
    info: (message, fields) => say('info', message, fields),
    warn: (message, fields) => say('warn', message, fields),
    error: (message, fields) => say('error', message, fields),
    with: (fields) => lineLog(options, { ...bound, ...fields }),
  };
}

function jsonLine(level: Level, ts: string, msg: string, fields: Fields): string {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    // A field cannot pass for the line's own time, level or message.
    safe[name === 'ts' || name === 'level' || name === 'msg' ? `field_${name}` : name] = safeField(name, value);
  }
  return JSON.stringify({ ts, level, msg, ...safe });
}

function humanLine(level: Level, time: string, message: string, fields: Fields, colour: boolean): string {
  const { letter, sgr } = levels[level];
  const paint = (code: number, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const texts = Object.entries(fields).map(([name, value]) => `${paint(2, `${name}=`)}${fieldText(name, value)}`);
  return [paint(2, time.slice(11, 23)), paint(sgr, letter), fieldText('', message, { bare: true }), ...texts].join(' ');
}

/** To the end of a file (mode 0600), as JSON lines. A full disk loses lines, never the engine. */
export function fileLog(path: string, clock: Clock): Log {
  const file = openSync(path, 'a', 0o600);
  return lineLog({ clock, form: 'json', colour: false, sink: (line) => orLose(() => writeSync(file, `${line}\n`)) });
}

/** To a stream: human where a person reads, JSON lines elsewhere. https://no-color.org is respected. */
export function streamLog(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv, clock: Clock): Log {
  const isRead = stream.isTTY;
  const colour = isRead && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  stream.on('error', () => {});
  return lineLog({
    clock,
    form: isRead ? 'human' : 'json',
    colour,
    sink: (line) => orLose(() => stream.write(`${line}\n`)),
  });
}

function orLose(write: () => unknown): void {
  try {
    write();
  } catch {
    // Nobody is left to tell.
  }
}
