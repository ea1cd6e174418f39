import type { Mutable } from '../../api/kind.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import { setKey } from '../../api/schema/json-value.ts';

/** An object that is being made, held by nobody else. */
export type DraftObject = Mutable<KubernetesObject> & { [field: string]: unknown };

/** A private copy of JSON-like data without its undefined fields, which may be changed at every depth. */
export function draftOf(object: KubernetesObject): DraftObject {
  return copy(object) as DraftObject;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  const result: Record<string, unknown> = {};
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key];
    if (field !== undefined) setKey(result, key, copy(field));
  }
  return result;
}
