import type { Terminal } from './terminal.ts';

/** One command of `slipway`, one file a command. */
export interface Command {
  readonly summary: string;
  /** Usage, options and examples, as `--help` prints them. */
  readonly help: string;
  /** Returns the exit code: 0 done, 1 failed, 2 wrong usage. Throws CommandError for failures that it can explain. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** A failure that a user can act on: what happened, and what to do next. */
export class CommandError extends Error {
  readonly next: string;
  readonly exitCode: number;
  constructor(message: string, next: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CommandError';
    this.next = next;
    this.exitCode = options.exitCode ?? 1;
  }
}
