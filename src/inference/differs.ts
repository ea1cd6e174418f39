/**
 * Whether the live object says something else than `wanted` in a field that `wanted` names. Lists are
 * compared item by item; what the live object has beyond is somebody else's.
 */
export function differs(live: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return false;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live) || live.length !== wanted.length) return true;
    return wanted.some((item, index) => differs(live[index], item));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof live !== 'object' || live === null || Array.isArray(live)) return Object.keys(wanted).length > 0;
    return Object.entries(wanted).some(([key, value]) => differs((live as Record<string, unknown>)[key], value));
  }
  return live !== wanted;
}
