import type { RemoteSource } from './model-uri.ts';
import { DownloadError } from './download-error.ts';

/** An answer after all redirects, and what the addresses on the way announced about the file. */
export interface OpenedUrl {
  readonly response: Response;
  readonly announcedSha256: string | undefined;
  readonly announcedBytes: number | undefined;
}

const maxRedirects = 10;

/**
 * GETs a source and follows its redirects by hand: only to https, or to the same host, and with the secret only for the
 * origin that it belongs to. Hugging Face announces the file's hash and size on its redirect
 * (`X-Linked-Etag`, `X-Linked-Size`); elsewhere an entity tag that is a SHA-256 counts as the hash.
 */
export async function openUrl(
  { url: first, credentials }: Pick<RemoteSource, 'url' | 'credentials'>,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<OpenedUrl> {
  let url = first;
  let announcedSha256: string | undefined;
  let announcedBytes: number | undefined;
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const response = await fetch(url, {
      redirect: 'manual',
      signal,
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'slipway',
        ...headers,
        ...(credentials?.origin === url.origin ? { authorization: `Bearer ${credentials.token}` } : {}),
      },
    });
    announcedSha256 ??= sha256Tag(response.headers.get('x-linked-etag')) ?? sha256Tag(response.headers.get('etag'));
    announcedBytes ??= size(response.headers.get('x-linked-size'));
    if (![301, 302, 303, 307, 308].includes(response.status)) return { response, announcedSha256, announcedBytes };
    await response.body?.cancel();
    url = redirected(url, response.headers.get('location'));
  }
  throw new DownloadError(`more than ${maxRedirects} redirects`);
}

function redirected(from: URL, location: string | null): URL {
  if (location === null || !URL.canParse(location, from.href)) throw new DownloadError('a redirect leads nowhere');
  const to = new URL(location, from);
  const isSafe = to.protocol === 'https:' || (to.protocol === from.protocol && to.host === from.host);
  if (!isSafe)
    throw new DownloadError(`a redirect to ${to.protocol}//${to.host} is refused: only https or the same host`);
  if (to.username !== '' || to.password !== '') throw new DownloadError('a redirect with a password is refused');
  return to;
}

function sha256Tag(tag: string | null): string | undefined {
  return /^"([0-9a-f]{64})"$/i.exec(tag ?? '')?.[1]?.toLowerCase();
}

function size(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
