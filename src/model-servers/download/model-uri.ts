import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { FlagError } from '../openai-http/flags.ts';

/** Where a model comes from. `sha256` is what the URI's fragment promises, in lower-case hexadecimal. */
export type ModelSource = LocalSource | RemoteSource;

export interface LocalSource {
  readonly kind: 'local';
  readonly path: string;
  /** What the model is called unless a flag says otherwise. */
  readonly name: string;
  readonly sha256: string | undefined;
}

export interface RemoteSource {
  readonly kind: 'remote';
  /** The URI as the user wrote it, without its fragment: for messages. */
  readonly uri: string;
  readonly url: URL;
  readonly name: string;
  readonly sha256: string | undefined;
  /** A secret that is only ever sent to this origin. */
  readonly credentials: { readonly origin: string; readonly token: string } | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const builtinModels = resolve(import.meta.dirname, '..', '..', '..', 'models');
const huggingFace = 'https://huggingface.co';

/**
 * Reads a `--model` value: a path, `file://PATH` (absolute or relative to the working directory), `builtin://NAME`,
 * `hf://OWNER/REPO/FILE[@REVISION]` or `https://…`, each with `#sha256=HEX` at will. Throws FlagError with what is wrong.
 * HF_ENDPOINT names a mirror of Hugging Face, HF_TOKEN the token for it.
 */
export function parseModelUri(text: string, environment: Environment = process.env): ModelSource {
  const { uri, sha256 } = withoutFragment(text);
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(uri) ?? [];
  switch (scheme?.toLowerCase()) {
    case undefined:
      return localSource(uri, sha256);
    case 'file':
      return localSource(decoded(rest, uri), sha256);
    case 'builtin':
      return { ...builtinSource(rest), sha256 };
    case 'hf':
      return { ...huggingFaceSource(rest, uri, environment), sha256 };
    case 'https':
      return { ...httpsSource(uri), sha256 };
    default:
      throw new FlagError(
        `--model ${uri}: ${scheme}:// is not served; it may be a path, file://, builtin://, hf:// or https://`,
      );
  }
}

function withoutFragment(text: string): { readonly uri: string; readonly sha256: string | undefined } {
  const hash = text.indexOf('#');
  if (hash === -1) return { uri: text, sha256: undefined };
  const [, sha256] = /^#sha256=([0-9a-f]{64})$/i.exec(text.slice(hash)) ?? [];
  if (sha256 === undefined)
    throw new FlagError(`--model ${text}: after # only sha256= and 64 hexadecimal digits may follow`);
  return { uri: text.slice(0, hash), sha256: sha256.toLowerCase() };
}

function decoded(text: string, uri: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new FlagError(`--model ${uri}: a % must be followed by two hexadecimal digits`);
  }
}

function localSource(path: string, sha256: string | undefined): LocalSource {
  if (path === '' || path.includes('\0')) throw new FlagError('--model names no file');
  return { kind: 'local', path: resolve(path), name: stem(path), sha256 };
}

function builtinSource(name: string): Omit<LocalSource, 'sha256'> {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
    throw new FlagError(`--model builtin://${name}: this is no name of a model`);
  let manifest: { readonly file?: unknown };
  try {
    manifest = JSON.parse(readFileSync(join(builtinModels, name, 'model.json'), 'utf8')) as { file?: unknown };
  } catch {
    throw new FlagError(`--model builtin://${name}: there is no such built-in model`);
  }
  if (typeof manifest.file !== 'string') throw new FlagError(`--model builtin://${name}: this model is no GGUF`);
  return { kind: 'local', path: join(builtinModels, name, manifest.file), name };
}

function huggingFaceSource(rest: string, uri: string, environment: Environment): Omit<RemoteSource, 'sha256'> {
  const at = rest.lastIndexOf('@');
  const [path, revision] = at === -1 ? [rest, 'main'] : [rest.slice(0, at), rest.slice(at + 1)];
  const segments = path.split('/');
  if (segments.length < 3 || revision === '') {
    throw new FlagError(`--model ${uri}: name the file, as in hf://OWNER/REPO/FILE.gguf[@REVISION]`);
  }
  const parts = [...segments, ...revision.split('/')];
  if (parts.some((part) => !/^[A-Za-z0-9._ +~=-]+$/.test(part) || part === '.' || part === '..')) {
    throw new FlagError(`--model ${uri}: empty parts, "..", and special characters are refused`);
  }
  const endpoint = new URL(environment['HF_ENDPOINT'] ?? huggingFace);
  const [owner, repo, ...file] = segments.map(encodeURIComponent);
  const url = new URL(endpoint);
  url.pathname = `${endpoint.pathname.replace(/\/$/, '')}/${owner}/${repo}/resolve/${encodeURIComponent(revision)}/${file.join('/')}`;
  const token = environment['HF_TOKEN'];
  return {
    kind: 'remote',
    uri,
    url,
    name: stem(path),
    credentials: token === undefined || token === '' ? undefined : { origin: endpoint.origin, token },
  };
}

function httpsSource(uri: string): Omit<RemoteSource, 'sha256'> {
  let url: URL;
  try {
    url = new URL(uri);
  } catch {
    throw new FlagError(`--model ${uri}: this is no URL`);
  }
  if (url.username !== '' || url.password !== '') {
    // Without the address: it holds a password.
    throw new FlagError('--model: an https:// address must not hold a user or a password');
  }
  return { kind: 'remote', uri: `${url.origin}${url.pathname}`, url, name: stem(url.pathname), credentials: undefined };
}

function stem(path: string): string {
  return basename(path).replace(/\.gguf$/i, '') || 'model';
}
