/** How Go's `%v` prints decoded JSON, which several of Kubernetes' messages contain. */
export function goFormat(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goFormat).join(' ')}]`;
  if (typeof value !== 'object') return String(value as string | number | boolean);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, member]) => `${key}:${goFormat(member)}`).join(' ')}]`;
}

/** Go's `%s`, which says so when it meets anything but a string. */
export function goString(value: unknown): string {
  return typeof value === 'string' ? value : `%!s(${goType(value)}=${goFormat(value)})`;
}

/** Go's name of the type that JSON decodes to. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value;
}

/** What Go's json says of a value that it cannot put into a map. */
export function cannotUnmarshal(value: unknown, type: string): string {
  const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${what} into Go value of type ${type}`;
}
