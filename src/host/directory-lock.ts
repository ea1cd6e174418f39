import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/**
 * Takes a folder for this process alone, until `release` or its death, however sudden. Rejects with an Error that
 * names the holder. The lock is a name that the kernel gives to one process only (a Linux abstract socket), since a
 * file with a process id in it outlives its process; the file is there for people to read.
 */
export async function lockDirectory(path: string): Promise<{ release(): Promise<void> }> {
  const file = join(path, 'lock');
  const { dev, ino } = statSync(path);
  // Names are the network namespace's, paths the mount namespace's: two containers may share one and not the other.
  const name = createHash('sha256')
    .update(`${dev}:${ino}:${realpathSync(path)}`)
    .digest('hex')
    .slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? `${path} is in use by another engine${holder(file)}` : error.message;
      reject(new Error(why, { cause: error }));
    });
    server.listen(`\0slipway-${name}`, resolve);
  });
  server.unref();
  writeFileSync(file, `${process.pid}\n`, { mode: 0o600 });
  return {
    release: () =>
      new Promise((resolve) => {
        rmSync(file, { force: true });
        server.close(() => resolve());
      }),
  };
}

function holder(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
