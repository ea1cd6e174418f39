import { badRequest, type ApiError } from '../../api/error.ts';
import { JsonSyntaxError } from '../../api/schema/json-syntax.ts';
import { parseJson } from '../../api/schema/json-text.ts';
import { isJsonObject } from '../../api/schema/json-value.ts';

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
  if (v !== apiVersion) throw invalidToken(`server does not recognize this encoded version ${JSON.stringify(v ?? '')}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0 || rv < -1) {
    throw invalidToken('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  }
  if (typeof start !== 'string' || start === '') {
    throw invalidToken('encoded start key empty (version meta.k8s.io/v1)');
  }
  return { revision: rv, start };
}

function contentOf(token: string): { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown } {
  const illegal = illegalBase64(token);
  if (illegal !== undefined) throw invalidToken(`illegal base64 data at input byte ${illegal}`);
  try {
    const binary = atob(token.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const content = parseJson(new TextDecoder().decode(bytes)).value;
    return isJsonObject(content) ? content : {};
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw invalidToken(error.message);
  }
}

/** Where Go's decoder stops; undefined when all is well. */
function illegalBase64(text: string): number | undefined {
  const index = text.search(/[^A-Za-z0-9_-]/);
  if (index !== -1) return index;
  return text.length % 4 === 1 ? text.length - 1 : undefined;
}

function invalidToken(why: string): ApiError {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
