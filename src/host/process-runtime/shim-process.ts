import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile } from './atomic-file.ts';
import type { PodFiles } from './pod-files.ts';
import { bootId, isRunning } from './process-table.ts';
import type { ShimGreeting } from './shim.ts';

const program = join(import.meta.dirname, 'shim.ts');
/** It holds lines on their way to a file and little else. */
const flags = ['--max-semi-space-size=1', '--max-old-space-size=128'];
const startTimeoutMs = 30_000;

/**
 * Starts a pod's shim and resolves with the one thing it says: that it is ready, or why it is not. It is no part of this
 * process's session, and of its environment it gets nothing.
 */
export async function startShim(
  files: PodFiles,
  options: { readonly nodeBinary: string; readonly compileCache: string | undefined },
): Promise<ShimGreeting> {
  const log = openSync(files.shimLog, 'a', 0o600);
  const child = spawn(options.nodeBinary, [...flags, program, files.folder], {
    cwd: '/',
    detached: true,
    env: {
      UV_THREADPOOL_SIZE: '1',
      ...(options.compileCache === undefined ? {} : { NODE_COMPILE_CACHE: options.compileCache }),
    },
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  const { promise, resolve } = Promise.withResolvers<ShimGreeting>();
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    resolve({ error: `the shim said nothing within ${startTimeoutMs} ms` });
  }, startTimeoutMs);
  let said = '';
  child.on('error', (error) => resolve({ error: error.message }));
  child.once('exit', (code, signal) =>
    resolve({ error: `the shim ended with ${signal ?? code}: ${lastWords(files)}` }),
  );
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
    if (said.includes('\n')) resolve(JSON.parse(said) as ShimGreeting);
  });
  const greeting = await promise;
  clearTimeout(timer);
  child.removeAllListeners('exit');
  child.stdout?.destroy();
  child.unref();
  return greeting;
}

/** The process that the folder names; undefined when it is not that process any more. */
export function livingShim({ shim }: PodFiles): number | undefined {
  const { pid, startTicks, bootID } = (readJsonFile(shim) ?? {}) as {
    pid?: unknown;
    startTicks?: unknown;
    bootID?: unknown;
  };
  if (typeof pid !== 'number' || typeof startTicks !== 'string' || bootID !== bootId()) return undefined;
  return isRunning(pid, startTicks) ? pid : undefined;
}

function lastWords({ shimLog }: PodFiles): string {
  try {
    return readFileSync(shimLog, 'utf8').trim().slice(-500);
  } catch {
    return 'it left no log';
  }
}
