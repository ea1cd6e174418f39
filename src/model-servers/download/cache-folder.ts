import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withCacheLock } from './cache-lock.ts';
import { download, type DownloadOptions } from './download.ts';
import { DownloadError } from './download-error.ts';
import type { RemoteSource } from './model-uri.ts';
import { originPath } from './part-file.ts';

export interface CachedModelOptions {
  readonly source: RemoteSource;
  readonly cacheFolder: string;
  readonly onProgress: DownloadOptions['onProgress'];
  /** Another process is at the same download. */
  readonly onWait: () => void;
  /** For tests: how patiently to download. */
  readonly patience?: Partial<Pick<DownloadOptions, 'attempts' | 'retryDelayMs' | 'idleTimeoutMs' | 'freeBytes'>>;
}

/** `$XDG_CACHE_HOME/slipway/models`, or the same under `~/.cache`. */
export function userCacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'slipway', 'models');
}

/**
 * The path of a model's file in the cache; downloads it first when it is not there. Folders are named by the hash of
 * the address and hold `model.gguf` only when it is complete, so that nothing in an address can leave the cache and no
 * reader sees half a file. A cached model is used without asking the server again: to get a newer one, name its revision.
 */
export async function cachedModel(options: CachedModelOptions): Promise<string> {
  const { source, cacheFolder, onProgress, onWait, patience } = options;
  const folder = join(cacheFolder, cacheKey(source));
  const path = join(folder, 'model.gguf');
  if (await exists(path)) return path;
  try {
    await mkdir(folder, { recursive: true });
    await withCacheLock(
      join(folder, 'lock'),
      async (token) => {
        if (await exists(path)) return;
        const partPath = join(folder, `${token}.part`);
        await adoptPart(folder, partPath);
        const { bytes, sha256 } = await download({ source, partPath, onProgress, ...patience });
        await writeFile(join(folder, 'source.json'), `${JSON.stringify({ uri: source.uri, bytes, sha256 })}\n`);
        await rename(partPath, path);
      },
      onWait,
    );
  } catch (error) {
    throw explained(error, source, cacheFolder);
  }
  return path;
}

function cacheKey({ url, sha256 }: RemoteSource): string {
  return createHash('sha256')
    .update(`${url.href}#${sha256 ?? ''}`)
    .digest('hex')
    .slice(0, 32);
}

/** Takes over the largest part that a stopped download left, and removes the others. */
async function adoptPart(folder: string, partPath: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.part'));
  const parts = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), bytes: (await stat(join(folder, name))).size })),
  );
  const [largest, ...others] = parts.toSorted((a, b) => b.bytes - a.bytes);
  for (const { path } of others) await Promise.all([path, originPath(path)].map((one) => rm(one, { force: true })));
  if (largest === undefined) return;
  await rename(largest.path, partPath);
  await rename(originPath(largest.path), originPath(partPath)).catch(() => {});
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function explained(error: unknown, { uri }: RemoteSource, cacheFolder: string): Error {
  if (error instanceof DownloadError)
    return new Error(`${uri} cannot be downloaded: ${error.message}`, { cause: error });
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error as Error;
  return new Error(`the model cache ${cacheFolder} cannot be used: ${code}`, { cause: error });
}
