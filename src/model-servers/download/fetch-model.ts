import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Readiness } from '../openai-http/readiness.ts';
import { cachedModel } from './cache-folder.ts';
import type { LocalSource, ModelSource } from './model-uri.ts';

/** The path of a source's file on this machine, fetched and checked when need be, with the progress in `/health`. */
export async function fetchModel(source: ModelSource, cacheFolder: string, readiness: Readiness): Promise<string> {
  if (source.kind === 'local') {
    if (source.sha256 !== undefined) await checkFile(source, source.sha256);
    return source.path;
  }
  readiness.enter('downloading');
  return await cachedModel({
    source,
    cacheFolder,
    onProgress: (receivedBytes, totalBytes) =>
      readiness.progress({ receivedBytes, ...(totalBytes === undefined ? {} : { totalBytes }) }),
    onWait: () => readiness.progress({ waitingFor: 'the download of another replica' }),
  });
}

async function checkFile({ path }: LocalSource, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `the model file ${path} does not exist` : error.message);
  });
  const actual = hash.digest('hex');
  if (actual !== expected) {
    throw new Error(`the checksum of the model file ${path} is wrong: sha256 ${actual} instead of ${expected}`);
  }
}
