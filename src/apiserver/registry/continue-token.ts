import { badRequest } from '../../api/error.ts';

/** Where the next page of a list begins. */
export interface ContinueToken {
  /** The revision of the first page; -1 goes on with whatever is there now. */
  readonly revision: number;
  /** The first key that may come. */
  readonly start: string;
}

const apiVersion = 'meta.k8s.io/v1';

/** Upstream's form (apiserver pkg/storage/continue.go): unpadded base64url of `{v, rv, start}`. */
export function encodeContinue({ revision, start }: ContinueToken): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ v: apiVersion, rv: revision, start }));
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Throws BadRequest. */
export function decodeContinue(token: string): ContinueToken {
  const { v, rv, start } = contentOf(token);
  if (v !== apiVersion) {
    throw badRequest('continue key is not valid: server does not recognize this encoded version');
  }
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0 || rv < -1) {
    throw badRequest('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  }
  if (typeof start !== 'string' || start === '') {
    throw badRequest('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)');
  }
  return { revision: rv, start };
}

function contentOf(token: string): { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown } {
  try {
    if (!/^[A-Za-z0-9_-]*$/.test(token)) throw new Error('not base64url');
    const binary = atob(token.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const content: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof content === 'object' && content !== null) return content;
    throw new Error('not an object');
  } catch {
    throw badRequest('continue key is not valid: it cannot be decoded');
  }
}
