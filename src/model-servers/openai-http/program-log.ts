import { rmSync, writeFileSync } from 'node:fs';

/** One line to standard output. Never prompts, outputs, keys or tokens. */
export function logLine(message: string): void {
  process.stdout.write(`${new Date().toISOString()} ${message}\n`);
}

/** The last word of a program that cannot go on: one line on standard error and in the termination log; then exit. */
export function exitWith(code: number, message: string): never {
  const line = message.replaceAll(/\s*\n\s*/g, ' ');
  process.stderr.write(`${line}\n`);
  leaveWord(line);
  process.exit(code);
}

/**
 * Leaves a last word in the termination log before a step in which native code may end the process without giving us
 * another chance. Call what is returned once the step is over.
 */
export function forewarn(message: string): () => void {
  leaveWord(message);
  const path = terminationLog();
  return () => {
    if (path !== undefined) rmSync(path, { force: true });
  };
}

/** The file that SLIPWAY_TERMINATION_LOG names, as Kubernetes' /dev/termination-log: at most 4096 bytes. */
function leaveWord(line: string): void {
  const path = terminationLog();
  if (path === undefined) return;
  try {
    writeFileSync(path, Buffer.from(line).subarray(0, 4096));
  } catch (error) {
    process.stderr.write(`SLIPWAY_TERMINATION_LOG cannot be written: ${(error as Error).message}\n`);
  }
}

function terminationLog(): string | undefined {
  return process.env['SLIPWAY_TERMINATION_LOG'] || undefined;
}
