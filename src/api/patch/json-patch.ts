import { copyJson, equalJson, isDeeperThan, isJsonObject, setKey } from '../schema/json-value.ts';
import { cannotUnmarshal } from './go-format.ts';
import { type Container, indexIn, insert, read, Refusal, take } from './json-container.ts';
import { PatchError } from './patch-error.ts';

/** apiserver pkg/endpoints/handlers/patch.go. */
const maxOperations = 10_000;
/** apiserver pkg/server/config.go: what all `copy` operations of one patch may add. */
const maxCopyBytes = 3 * 1024 * 1024;
/** Ours: as deep as bodies may be. Copies into themselves would grow without end. */
const maxDepth = 1000;

/**
 * JSON Patch (RFC 6902) with the leniencies of Kubernetes' library: negative indices count from the
 * end, `replace` of a missing object member adds it. Never changes its arguments.
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = readOperations(patch);
  if (operations.length > maxOperations)
    throw new PatchError(
      413,
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  const draft = new Draft(document);
  for (const operation of operations) draft.apply(operation);
  if (isDeeperThan(draft.root, maxDepth)) throw failed('exceeded max depth');
  return draft.root;
}

interface Operation {
  readonly op?: string;
  readonly path?: string;
  readonly from?: string;
  readonly value?: unknown;
}

function readOperations(patch: unknown): readonly Operation[] {
  if (patch === null) return [];
  if (!Array.isArray(patch)) throw notDecoded(cannotUnmarshal(patch, '[]handlers.jsonPatchOp'));
  for (const item of patch as unknown[]) {
    if (item === null) continue;
    if (!isJsonObject(item)) throw notDecoded(cannotUnmarshal(item, 'handlers.jsonPatchOp'));
    for (const name of ['op', 'path', 'from'])
      if (name in item && item[name] !== null && typeof item[name] !== 'string')
        throw notDecoded(
          cannotUnmarshal(item[name], 'string').replace('Go value', `Go struct field jsonPatchOp.${name}`),
        );
  }
  return patch as Operation[];
}

function notDecoded(why: string): PatchError {
  return new PatchError(400, `error decoding patch: ${why}`);
}

/** Strict decoding of the operations: `json patch unknown field "[0].foo"`. */
export function unknownFieldsOfJsonPatch(patch: unknown): string[] {
  if (!Array.isArray(patch)) return [];
  return patch.flatMap((item: unknown, index) =>
    isJsonObject(item)
      ? Object.keys(item)
          .filter((key) => !['op', 'path', 'from', 'value'].includes(key))
          .map((key) => `json patch unknown field ${JSON.stringify(`[${index}].${key}`)}`)
      : [],
  );
}

/** The document while operations run. Containers are copied when first written to, and only then. */
class Draft {
  root: unknown;
  /** Copies made here: nobody else holds them. */
  readonly #owned = new Set<unknown>();
  #copiedBytes = 0;

  constructor(document: unknown) {
    this.root = document;
  }

  apply(operation: Operation): void {
    const op: string = operation?.op ?? 'unknown';
    switch (op) {
      case 'add':
        return this.#add(operation);
      case 'remove':
        return this.#remove(operation);
      case 'replace':
        return this.#replace(operation);
      case 'move':
        return this.#move(operation);
      case 'test':
        return this.#test(operation);
      case 'copy':
        return this.#copy(operation);
      default:
        throw failed(`Unexpected kind: ${op}`);
    }
  }

  #add({ path, value }: Operation): void {
    if (path === undefined || path === null) throw failed('add operation failed to decode path: missing value');
    const at = this.#find(path);
    if (at === undefined) throw failed(`add operation does not apply: doc is missing path: "${path}": missing value`);
    within(`error in add for path: '${path}'`, () => insert(this.#own(at), at.key, value ?? null));
  }

  #remove({ path }: Operation): void {
    if (path === undefined || path === null) throw failed('remove operation failed to decode path: missing value');
    const at = this.#find(path);
    if (at === undefined)
      throw failed(`remove operation does not apply: doc is missing path: "${path}": missing value`);
    within(`error in remove for path: '${path}'`, () => take(this.#own(at), at.key));
  }

  #replace({ path, value }: Operation): void {
    if (path === undefined || path === null)
      throw failed('replace operation failed to decode path: operation missing path field: missing value');
    if (path === '') {
      if (typeof value !== 'object' || value === null)
        throw failed('replace operation value must be object or array: %!w(<nil>)');
      this.root = value;
      return;
    }
    const at = this.#find(path);
    if (at === undefined) throw failed(`replace operation does not apply: doc is missing path: ${path}: missing value`);
    const container = this.#own(at);
    if (Array.isArray(container)) {
      const index = indexIn(container, at.key);
      if (typeof index === 'string')
        throw failed(`replace operation does not apply: doc is missing key: ${path}: missing value`);
      container[index] = value ?? null;
    } else setKey(container, at.key, value ?? null);
  }

  #move({ from, path }: Operation): void {
    if (from === undefined || from === null)
      throw failed('move operation failed to decode from: operation, missing from field: missing value');
    const source = this.#find(from);
    if (source === undefined)
      throw failed(`move operation does not apply: doc is missing from path: ${from}: missing value`);
    const value = within(`error in move for path: '${source.key}'`, () => {
      const moved = read(source.container, source.key) ?? null;
      take(this.#own(source), source.key);
      return moved;
    });
    if (path === undefined || path === null)
      throw failed('move operation failed to decode path: operation missing path field: missing value');
    const target = this.#find(path);
    if (target === undefined)
      throw failed(`move operation does not apply: doc is missing destination path: ${path}: missing value`);
    within(`error in move for path: '${path}'`, () => insert(this.#own(target), target.key, value));
  }

  #test({ path, value }: Operation): void {
    if (path === undefined || path === null)
      throw failed('test operation failed to decode path: operation missing path field: missing value');
    let found = this.root;
    if (path !== '') {
      const at = this.#find(path);
      if (at === undefined) throw failed(`test operation does not apply: is missing path: ${path}: missing value`);
      found = within(`error in test for path: '${path}'`, () => read(at.container, at.key));
    }
    if (!equalJson(found ?? null, value ?? null)) throw failed(`testing value ${path} failed: test failed`);
  }

  #copy({ from, path }: Operation): void {
    if (from === undefined || from === null)
      throw failed('copy operation failed to decode from: operation, missing from field: missing value');
    const source = this.#find(from);
    if (source === undefined)
      throw failed(`copy operation does not apply: doc is missing from path: ${from}: missing value`);
    const value = within(`error in copy for from: '${from}'`, () => read(source.container, source.key) ?? null);
    if (path === undefined || path === null) throw failed('copy operation failed to decode path: missing value');
    const target = this.#find(path);
    if (target === undefined)
      throw failed(`copy operation does not apply: doc is missing destination path: ${path}: missing value`);
    if (isDeeperThan(value, maxDepth)) throw failed('exceeded max depth');
    this.#copiedBytes += JSON.stringify(value).length;
    if (this.#copiedBytes > maxCopyBytes)
      throw failed(
        `Unable to complete the copy, the accumulated size increase of copy is ${this.#copiedBytes}, exceeding the limit ${maxCopyBytes}`,
      );
    within('error while adding value during copy', () => insert(this.#own(target), target.key, copyJson(value)));
  }

  /** The container that the last part of the pointer is a key of. undefined: there is none. */
  #find(path: string): Place | undefined {
    const parts = path.split('/');
    if (parts.length < 2) return undefined;
    const key = unescape(parts.at(-1) ?? '');
    const keys = parts.slice(1, -1).map(unescape);
    let container: unknown = this.root;
    for (const part of keys) {
      try {
        container = read(container as Container, part);
      } catch {
        return undefined;
      }
      if (typeof container !== 'object' || container === null) return undefined;
    }
    if (typeof container !== 'object' || container === null) return undefined;
    return { keys, key, container: container as Container };
  }

  /** The place's container, copied along the way from the root where it is not ours yet. */
  #own({ keys }: Place): Container {
    let container = this.#ownOne(this.root);
    this.root = container;
    for (const part of keys) {
      const key = Array.isArray(container) ? indexIn(container, part) : part;
      const child = this.#ownOne((container as Record<string, unknown>)[key]);
      setKey(container as Record<string, unknown>, String(key), child);
      container = child;
    }
    return container;
  }

  #ownOne(value: unknown): Container {
    if (this.#owned.has(value)) return value as Container;
    const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as Record<string, unknown>) };
    this.#owned.add(copy);
    return copy;
  }
}

interface Place {
  readonly keys: readonly string[];
  readonly key: string;
  readonly container: Container;
}

function within<T>(context: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Refusal) throw failed(`${context}: ${error.message}`);
    throw error;
  }
}

function failed(message: string): PatchError {
  return new PatchError(422, message);
}

/** RFC 6901: `~1` is a slash, `~0` a tilde. */
function unescape(part: string): string {
  return part.replaceAll(/~[01]/g, (escaped) => (escaped === '~1' ? '/' : '~'));
}
