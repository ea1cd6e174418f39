/**
 * Powers built from additions, products and quotients alone, which IEEE 754 fixes to the last bit:
 * the engine's own differ between versions, and two runs of one seed must not.
 * Relative error of `exp` and `log` a few units of 1e-16, of `power` below 1e-12.
 */
const ln2High = 0.693145751953125;
const ln2Low = 1.4286068203094173e-6;

export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.8) return Infinity;
  if (x < -745.2) return 0;
  const doublings = Math.round(x / Math.LN2);
  const rest = x - doublings * ln2High - doublings * ln2Low;
  // Taylor's series; |rest| ≤ ln2/2, so the 20th term is beyond the last bit.
  let sum = 1;
  for (let n = 20; n >= 1; n--) sum = 1 + (rest / n) * sum;
  // In two steps, as the whole factor may be out of range while the result is not.
  const half = Math.trunc(doublings / 2);
  return sum * powerOfTwo(half) * powerOfTwo(doublings - half);
}

/** The natural logarithm; NaN below zero. */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  let { exponent, mantissa } = split(x);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  // log m = 2·artanh((m − 1) / (m + 1))
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let n = 27; n >= 3; n -= 2) sum = square * (1 / n + sum);
  return exponent * ln2High + (2 * s * (1 + sum) + exponent * ln2Low);
}

export function power(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  if (base === 0) return exponent > 0 ? 0 : Infinity;
  if (exponent === 1) return base;
  return exp(exponent * log(base));
}

/** floor(log2(x)) for x ≥ 1, exactly. */
export function floorLog2(x: number): number {
  if (!(x >= 1)) throw new RangeError(`bug: floorLog2 of ${x}`);
  return split(x).exponent;
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}

const bits = new DataView(new ArrayBuffer(8));

/** x = mantissa · 2^exponent with 1 ≤ mantissa < 2; x positive and finite. */
function split(x: number): { exponent: number; mantissa: number } {
  const isSubnormal = x < 2.2250738585072014e-308;
  bits.setFloat64(0, isSubnormal ? x * 18014398509481984 : x);
  const high = bits.getUint32(0);
  bits.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  return { exponent: (high >>> 20) - 1023 - (isSubnormal ? 54 : 0), mantissa: bits.getFloat64(0) };
}

/** 2^n for −1022 ≤ n ≤ 1023. */
function powerOfTwo(n: number): number {
  bits.setUint32(0, (n + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}
