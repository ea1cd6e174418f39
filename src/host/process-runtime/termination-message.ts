import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { currentLog } from './cri-log-files.ts';
import { CriLineReader } from './cri-log-lines.ts';

// pkg/kubelet/container/runtime.go: MaxContainerTerminationMessageLength and the shorter ones of the log.
const fileBytesMax = 4096;
const logBytesMax = 2048;
const logLinesMax = 80;

export interface TerminationMessageOptions {
  /** What the container may have written its last words to. */
  readonly file: string;
  readonly logFolder: string;
  readonly attempt: number;
  /** The end of the log stands in for an empty file when the container failed. */
  readonly fallsBackToLog: boolean;
  readonly exitCode: number;
}

/** A container's last words, for its status. undefined when it left none. */
export function terminationMessage({
  file,
  logFolder,
  attempt,
  fallsBackToLog,
  exitCode,
}: TerminationMessageOptions): string | undefined {
  const words = tailOf(file, fileBytesMax).toString('utf8');
  if (words !== '' || !fallsBackToLog || exitCode === 0) return words === '' ? undefined : words;
  const lines = logLines(tailOf(join(logFolder, currentLog(attempt)), 4 * logBytesMax)).slice(-logLinesMax);
  const text = Buffer.concat(lines).subarray(-logBytesMax).toString('utf8').trim();
  return text === '' ? undefined : text;
}

/** The lines without times and stream names; a first one that was cut is no line to the reader. */
function logLines(bytes: Buffer): Buffer[] {
  return new CriLineReader().push(bytes).map(({ content }) => Buffer.concat([content, Buffer.from('\n')]));
}

function tailOf(path: string, bytesMax: number): Buffer {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, bytesMax));
    const length = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.subarray(0, length);
  } catch {
    return Buffer.alloc(0);
  } finally {
    closeSync(file);
  }
}
