/** Numbers as IEEE 754 half-precision bit patterns, rounded to the nearest, ties to even. Too large becomes infinity. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = halfOf(bits[i] as number);
  return halves;
}

function halfOf(single: number): number {
  const sign = (single >>> 16) & 0x8000;
  const magnitude = single & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x477f_f000) return sign | 0x7c00;
  const exponent = magnitude >>> 23;
  // Below 2^-25 everything rounds to zero; below 2^-14 the half is subnormal and its hidden bit becomes visible.
  if (exponent < 102) return sign;
  if (exponent < 113) return sign | rounded((magnitude & 0x7f_ffff) | 0x80_0000, 126 - exponent);
  return sign | rounded(magnitude - (112 << 23), 13);
}

/** `value / 2^drop` to the nearest integer, ties to even. */
function rounded(value: number, drop: number): number {
  const kept = value >>> drop;
  const rest = value & ((1 << drop) - 1);
  const tie = 1 << (drop - 1);
  return rest > tie || (rest === tie && (kept & 1) === 1) ? kept + 1 : kept;
}

/** The numbers that half-precision bit patterns stand for; always exact. */
export function fromHalf(halves: Uint16Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(halves, (half) => {
    const sign = (half & 0x8000) === 0 ? 1 : -1;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}
