import { isJsonObject, setKey } from '../schema/json-value.ts';
import { cannotUnmarshal } from './go-format.ts';
import { PatchError } from './patch-error.ts';

/**
 * JSON merge patch (RFC 7386) as Kubernetes' library applies it. Returns `target` itself when the
 * patch changes nothing; never changes either argument, and the result shares parts with both.
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (patch === null) throw new PatchError(400, 'Invalid JSON Patch');
  if (!isJsonObject(patch))
    throw new PatchError(400, `error decoding patch: ${cannotUnmarshal(patch, 'map[string]interface {}')}`);
  return merge(target, patch);
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch) || !isJsonObject(target)) return withoutNulls(patch);
  let out: Record<string, unknown> | undefined;
  for (const key in patch) {
    const before = Object.hasOwn(target, key) ? target[key] : undefined;
    const after = patch[key] === null ? undefined : merge(before, patch[key]);
    if (after === before) continue;
    out ??= { ...target };
    if (after === undefined) delete out[key];
    else setKey(out, key, after);
  }
  return out ?? target;
}

/** A new value has nothing to delete. Lists keep their nulls, the objects in them do not (the library's way). */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutNulls);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isJsonObject(value)) return value;
  let changed = false;
  const out: Record<string, unknown> = {};
  for (const key in value) {
    const member = value[key];
    if (member === null) {
      changed = true;
      continue;
    }
    const cleaned = withoutNulls(member);
    if (cleaned !== member) changed = true;
    setKey(out, key, cleaned);
  }
  return changed ? out : value;
}
