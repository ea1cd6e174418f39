import { badRequest } from '../api/error.ts';
import type { KubernetesObject } from '../api/resource.ts';
import type { Patch } from '../machinery/client.ts';

/** What the patch makes of the object; neither is changed. Throws BadRequest. */
export function patched(object: KubernetesObject, patch: Patch): KubernetesObject {
  if (patch.type !== 'merge') throw badRequest(`the ${patch.type} patch is not supported`);
  return mergePatch(object, patch.body) as KubernetesObject;
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
