import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DownloadError } from './download-error.ts';
import type { RemoteSource } from './model-uri.ts';
import { openUrl, type OpenedUrl } from './open-url.ts';
import { PartFile } from './part-file.ts';

export interface DownloadOptions {
  readonly source: Pick<RemoteSource, 'url' | 'credentials' | 'sha256'>;
  /** Where the received bytes are kept until they are all there. A part that is already there is continued. */
  readonly partPath: string;
  readonly onProgress: (receivedBytes: number, totalBytes: number | undefined) => void;
  /** Tries in a row that bring nothing; each that brings something starts the count again. */
  readonly attempts?: number;
  /** The wait before the second try; it doubles from try to try. */
  readonly retryDelayMs?: number;
  /** How long a connection may be silent. */
  readonly idleTimeoutMs?: number;
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

/** Kept free for everybody else on the disk. */
const reservedBytes = 64 * 1024 * 1024;

/**
 * Receives a file into `partPath`, resuming after cuts (Range with If-Range, RFC 9110 §13.1.5), and checks its length
 * and its SHA-256 when one is known from the URI or the server. Throws DownloadError with one sentence.
 */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  const { attempts = 5, retryDelayMs = 1_000 } = options;
  const part = await PartFile.open(options.partPath);
  try {
    for (let failures = 0; ;) {
      const before = part.bytes;
      try {
        return await receive(part, options);
      } catch (error) {
        const reason = asDownloadError(error);
        failures = part.bytes > before ? 1 : failures + 1;
        if (!reason.isTransient || failures >= attempts) throw reason;
        await delay(retryDelayMs * 2 ** (failures - 1));
      }
    }
  } catch (error) {
    await part.close();
    throw error;
  }
}

/** One try: from where the part ends to the end of the file. */
async function receive(part: PartFile, options: DownloadOptions): Promise<Downloaded> {
  const { source, idleTimeoutMs = 60_000, onProgress } = options;
  const idle = new AbortController();
  const timer = setTimeout(
    () => idle.abort(new DownloadError(`the server was silent for ${idleTimeoutMs / 1000} seconds`, true)),
    idleTimeoutMs,
  );
  try {
    const opened = await openUrl(source, resumeHeaders(part, source), idle.signal);
    const announcedSha256 = source.sha256 ?? opened.announcedSha256;
    const totalBytes = await position(part, opened);
    await checkSpace(options, (totalBytes ?? 0) - part.bytes);
    onProgress(part.bytes, totalBytes);
    for await (const chunk of opened.response.body ?? []) {
      timer.refresh();
      await part.append(chunk as Uint8Array);
      if (totalBytes !== undefined && part.bytes > totalBytes) {
        await part.discard();
        throw new DownloadError(`the server sent more than the ${totalBytes} bytes that it announced`);
      }
      onProgress(part.bytes, totalBytes);
    }
    if (totalBytes !== undefined && part.bytes < totalBytes) {
      throw new DownloadError(`the connection ended after ${part.bytes} of ${totalBytes} bytes`, true);
    }
    return await checked(part, announcedSha256);
  } catch (error) {
    throw idle.signal.aborted ? idle.signal.reason : error;
  } finally {
    clearTimeout(timer);
    // Lets go of a connection whose body nobody reads to its end.
    idle.abort();
  }
}

/** Asks for the rest only when what the server then sends is certain to belong to the same file. */
function resumeHeaders(part: PartFile, source: DownloadOptions['source']): Record<string, string> {
  if (part.bytes === 0 || part.origin === undefined) return {};
  const range = `bytes=${part.bytes}-`;
  if (part.origin.etag !== undefined) return { range, 'if-range': part.origin.etag };
  // Without a tag the checksum at the end is the proof.
  return source.sha256 === undefined && part.origin.announcedSha256 === undefined ? {} : { range };
}

/** Puts the part where the body begins; returns the length of the whole file when it is known. */
async function position(
  part: PartFile,
  { response, announcedBytes, announcedSha256 }: OpenedUrl,
): Promise<number | undefined> {
  if (response.status === 416) {
    await response.body?.cancel();
    await part.restart({ etag: undefined, announcedSha256: undefined });
    throw new DownloadError('the file became shorter on the server', true);
  }
  if (response.status !== 200 && response.status !== 206) {
    await response.body?.cancel();
    throw statusError(response.status);
  }
  if ((response.headers.get('content-encoding') ?? 'identity') !== 'identity') {
    throw new DownloadError('the server compressed the file although it was asked not to');
  }
  const etag = response.headers.get('etag') ?? undefined;
  const origin = { etag: etag?.startsWith('W/') === true ? undefined : etag, announcedSha256 };
  let totalBytes: number | undefined;
  if (response.status === 206) {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
    const isSame = part.origin?.etag === origin.etag && part.origin?.announcedSha256 === announcedSha256;
    if (Number(start) !== part.bytes || !isSame) {
      await response.body?.cancel();
      await part.restart(origin);
      throw new DownloadError('the file changed on the server', true);
    }
    totalBytes = total === '*' ? undefined : Number(total);
  } else {
    await part.restart(origin);
    const length = response.headers.get('content-length');
    totalBytes = length === null ? undefined : Number(length);
  }
  if (totalBytes !== undefined && announcedBytes !== undefined && totalBytes !== announcedBytes) {
    await response.body?.cancel();
    throw new DownloadError(`the server announced ${announcedBytes} bytes and then ${totalBytes}`);
  }
  return totalBytes ?? announcedBytes;
}

function statusError(status: number): DownloadError {
  switch (status) {
    case 401:
    case 403:
      return new DownloadError(`access is denied (HTTP ${status}): a private or gated model needs HF_TOKEN`);
    case 404:
      return new DownloadError('there is no such file (HTTP 404)');
    default:
      return new DownloadError(`the server answered HTTP ${status}`, status === 408 || status === 429 || status >= 500);
  }
}

async function checkSpace({ freeBytes = freeBytesOf, partPath }: DownloadOptions, neededBytes: number): Promise<void> {
  const free = await freeBytes(dirname(partPath));
  if (neededBytes + reservedBytes <= free) return;
  throw new DownloadError(
    `the disk is too full: ${neededBytes} bytes are still to come and ${free} bytes are free in ${dirname(partPath)}`,
  );
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function checked(part: PartFile, expectedSha256: string | undefined): Promise<Downloaded> {
  const sha256 = part.sha256();
  if (expectedSha256 !== undefined && sha256 !== expectedSha256) {
    await part.discard();
    throw new DownloadError(`the checksum is wrong: sha256 ${sha256} instead of ${expectedSha256}`);
  }
  await part.finish();
  return { bytes: part.bytes, sha256 };
}

/** Whatever the network does is worth another try; what we found out ourselves says so itself. */
function asDownloadError(error: unknown): DownloadError {
  if (error instanceof DownloadError) return error;
  if (!(error instanceof TypeError)) throw error;
  // fetch wraps the network's error and says only "fetch failed" or "terminated".
  const cause = error.cause as { code?: string; message?: string } | undefined;
  return new DownloadError(`the connection failed: ${cause?.code ?? cause?.message ?? error.message}`, true, error);
}
