/** metav1.Time and MicroTime are messages of Unix seconds and nanoseconds; the empty message is Go's zero time. */
export function timeOfUnix(seconds: number): string | null {
  const text = utc(seconds);
  return text === undefined ? null : `${text}Z`;
}

export function microTimeOfUnix(seconds: number, nanos: number): string | null {
  const text = utc(seconds);
  return text === undefined ? null : `${text}.${String(Math.trunc(nanos / 1000)).padStart(6, '0')}Z`;
}

/** undefined for years that RFC 3339 cannot write. */
function utc(seconds: number): string | undefined {
  if (seconds < -62_135_596_800 || seconds > 253_402_300_799) return undefined;
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}
