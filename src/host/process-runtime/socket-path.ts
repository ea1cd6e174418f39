import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** sizeof(sun_path) on Linux without its final zero. */
const pathBytesMax = 107;

/**
 * Lends a path for a Unix socket that fits the kernel's address: where the real one is too long, one through an open
 * folder. Valid until `use` has returned: bind and connect take it synchronously.
 */
export function withSocketPath<T>(path: string, use: (path: string) => T): T {
  if (Buffer.byteLength(path) <= pathBytesMax) return use(path);
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return use(`/proc/self/fd/${folder}/${basename(path)}`);
  } finally {
    closeSync(folder);
  }
}
