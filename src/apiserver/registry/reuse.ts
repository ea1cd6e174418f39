/**
 * `next` with every part that equals its counterpart in `old` replaced by it; `old` itself when all is equal.
 * Absent and undefined are the same. So that what did not change is the same object still: it costs no memory, it is
 * frozen already, and comparing it again is looking at it. `next` is changed in place.
 */
export function reuse<T>(old: unknown, next: T): T {
  if (old === next || typeof old !== 'object' || typeof next !== 'object' || old === null || next === null) return next;
  if (Array.isArray(next)) return Array.isArray(old) ? reuseList(old, next) : next;
  if (Array.isArray(old)) return next;
  const before = old as Record<string, unknown>;
  const after = next as Record<string, unknown>;
  let isSame = true;
  let count = 0;
  for (const key in after) {
    const value = after[key];
    if (value === undefined) continue;
    count++;
    const shared = reuse(before[key], value);
    if (shared !== value && !Object.isFrozen(after)) after[key] = shared;
    if (shared !== before[key]) isSame = false;
  }
  if (!isSame) return next;
  for (const key in before) if (before[key] !== undefined) count--;
  return count === 0 ? (old as T) : next;
}

function reuseList<T>(old: readonly unknown[], next: T & unknown[]): T {
  let isSame = old.length === next.length;
  for (let index = 0; index < next.length; index++) {
    const value = next[index];
    const shared = reuse(old[index], value);
    if (shared !== value && !Object.isFrozen(next)) next[index] = shared;
    if (shared !== old[index]) isSame = false;
  }
  return isSame ? (old as T) : next;
}
