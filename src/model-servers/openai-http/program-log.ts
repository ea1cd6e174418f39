import { appendFileSync, writeFileSync } from 'node:fs';

/** One line to standard output. Never prompts, outputs, keys or tokens. */
export function logLine(message: string): void {
  process.stdout.write(`${new Date().toISOString()} ${message}\n`);
}

/**
 * The last word of a program that cannot go on: one line on standard error and, when SLIPWAY_TERMINATION_LOG names a
 * file, there too, as Kubernetes' /dev/termination-log (at most 4096 bytes). Then exit code `code`.
 */
export function exitWith(code: number, message: string): never {
  const line = message.replaceAll(/\s*\n\s*/g, ' ');
  process.stderr.write(`${line}\n`);
  const log = process.env['SLIPWAY_TERMINATION_LOG'];
  if (log !== undefined && log !== '') {
    try {
      writeFileSync(log, Buffer.from(line).subarray(0, 4096));
    } catch (error) {
      // The message stands on standard error already; say why it stands nowhere else.
      appendFileSync(2, `SLIPWAY_TERMINATION_LOG cannot be written: ${(error as Error).message}\n`);
    }
  }
  process.exit(code);
}
