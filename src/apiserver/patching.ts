import { badRequest } from '../api/error.ts';
import type { Patch } from '../machinery/client.ts';
import type { ServedResource } from './served-resource.ts';

/** What the patch makes of the object; neither is changed. Throws BadRequest. */
export function patched(_served: ServedResource, object: object, patch: Patch): object {
  if (patch.type !== 'merge') throw badRequest(`the ${patch.type} patch is not supported`);
  return mergePatch(object, patch.body) as object;
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = mergePatch(result[key], value);
  }
  return result;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
