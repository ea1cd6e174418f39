import type { WriteStream } from 'node:tty';

/** Where a command speaks: results to `out`, progress and errors to `err`, colour only where a person reads. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  readonly width: number;
  readonly paint: Paint;
  /** Redraws the lines at the bottom of `err` in place; only on a TTY. */
  redraw(lines: readonly string[]): void;
  /** Leaves what was drawn where it is and goes on below it. */
  settle(): void;
}

export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** https://no-color.org: any non-empty NO_COLOR switches colour off, whatever else is set. */
export function wantsColour(env: NodeJS.ProcessEnv, isTty: boolean): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isTty && env['TERM'] !== 'dumb';
}

export function paintFor(colour: boolean): Paint {
  const sgr = (code: number) => (text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { bold: sgr(1), dim: sgr(2), green: sgr(32), yellow: sgr(33), red: sgr(31), cyan: sgr(36) };
}

export function systemTerminal(stdout: WriteStream, stderr: WriteStream, env: NodeJS.ProcessEnv): Terminal {
  let drawn = 0;
  const erase = (): string => (drawn === 0 ? '' : `\x1b[${drawn}A\x1b[0J`);
  const redrawsInPlace = stderr.isTTY && env['TERM'] !== 'dumb';
  return {
    out: (text) => void stdout.write(`${text}\n`),
    err(text) {
      stderr.write(`${erase()}${text}\n`);
      drawn = 0;
    },
    outIsTty: stdout.isTTY,
    errIsTty: redrawsInPlace,
    width: stderr.isTTY ? stderr.columns : 100,
    paint: paintFor(wantsColour(env, stdout.isTTY && stderr.isTTY)),
    redraw(lines) {
      if (!redrawsInPlace) return;
      stderr.write(`${erase()}${lines.map((line) => `${line}\n`).join('')}`);
      drawn = lines.length;
    },
    settle() {
      drawn = 0;
    },
  };
}
