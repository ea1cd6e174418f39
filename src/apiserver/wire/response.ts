import { ApiError, type Status } from '../../api/error.ts';
import type { ApiResponse } from '../exchange.ts';
import { ExpiredContinue } from '../registry/list.ts';

/** kube-apiserver's filters.WithCacheControl: what the API says must not be kept on the way. */
const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' };

/** `json` is the text of the answer already. */
export function jsonResponse(
  status: number,
  json: string | AsyncIterable<string>,
  more: Readonly<Record<string, string>> = {},
): ApiResponse {
  return { status, headers: { ...headers, ...more }, body: json };
}

export function textResponse(status: number, text: string): ApiResponse {
  return { status, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: text };
}

export function statusResponse(status: Status, more: Readonly<Record<string, string>> = {}): ApiResponse {
  const retryAfter = status.details?.retryAfterSeconds;
  return jsonResponse(status.code ?? 200, JSON.stringify(status), {
    ...(retryAfter === undefined || retryAfter === 0 ? {} : { 'retry-after': String(retryAfter) }),
    ...more,
  });
}

/** Any failure as the client sees it. What is not an ApiError is a bug: its text stays inside. */
export function statusOf(error: unknown): Status {
  if (error instanceof ExpiredContinue)
    return { ...error.toStatus(), metadata: { continue: error.inconsistentContinue } };
  if (error instanceof ApiError) return error.toStatus();
  return new ApiError('InternalError', 'Internal error occurred: the request could not be handled').toStatus();
}

/** `Warning` header of RFC 7234 with code 299, as kube-apiserver writes it; none without warnings. */
export function warningHeaders(warnings: readonly string[]): Readonly<Record<string, string>> {
  if (warnings.length === 0) return {};
  const lines = [...new Set(warnings)].map((text) => `299 - "${quotable(text)}"`);
  return { warning: lines.join(', ') };
}

function quotable(text: string): string {
  // Header values are one line of printable ASCII.
  return text.replace(/[^\x20-\x7e]/g, ' ').replace(/["\\]/g, '\\$&');
}
