/** The annotation in which `kubectl apply` keeps what it applied last; shared so that both tools agree. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
type JsonObject = { readonly [key: string]: Json | undefined };

/**
 * The JSON merge patch (RFC 7386) that turns the live object into what the file says:
 * fields that the file names, and null for those that the previous file named and this one does not.
 * Fields that neither ever named are left to whoever owns them.
 */
export function applyPatch(lastApplied: JsonObject, desired: JsonObject): JsonObject {
  const patch: Record<string, Json | undefined> = {};
  for (const [key, value] of Object.entries(desired)) {
    const before = lastApplied[key];
    patch[key] = isObject(value) ? applyPatch(isObject(before) ? before : {}, value) : value;
  }
  for (const key of Object.keys(lastApplied)) if (!(key in desired)) patch[key] = null;
  return patch;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
