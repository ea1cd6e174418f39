/**
 * Kubernetes quantities: exact decimal numbers with a suffix (apimachinery pkg/api/resource).
 * The amount is a whole number of nano units, the finest that Kubernetes keeps.
 *
 * Differences: exponents beyond ±1000 are refused, which upstream carries along, and
 * a decimal amount too large for `E` keeps that suffix, which upstream loses.
 */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  /** How it was written, kept only where upstream prints it again as it came. */
  readonly written?: string;
}

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** The text is not a quantity. The message is Kubernetes' own. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

export const zeroQuantity: Quantity = { nanos: 0n, format: 'DecimalSI' };

const nano = 1_000_000_000n;
const milliPerNano = 1_000_000n;
const maxAllowed = (2n ** 63n - 1n) * nano;
// Upstream has no such bound. Beyond it arithmetic would take longer than anybody's amount is worth.
const maxDigits = 1000;
const maxExponent = 1000;

const formatWrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const numberWrong = 'unable to parse numeric part of quantity';
const suffixWrong = "unable to parse quantity's suffix";

const decimalSuffixes: readonly (readonly [suffix: string, exponent: number])[] = [
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

interface Suffix {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

const suffixes: ReadonlyMap<string, Suffix> = new Map<string, Suffix>([
  ...decimalSuffixes.map(([suffix, exponent]): [string, Suffix] => [
    suffix,
    { base: 10, exponent, format: 'DecimalSI' },
  ]),
  ...binarySuffixes
    .slice(1)
    .map((suffix, index): [string, Suffix] => [suffix, { base: 2, exponent: 10 * (index + 1), format: 'BinarySI' }]),
]);

// Digits may be missing on either side of the dot, and altogether after a sign, as upstream's scanner
// has it. No two neighbours can match the same character, so that long nonsense fails in linear time.
const shape = /^([+-]?)([0-9]*)(?:\.([0-9]*))?((?:[eEinumkKMGTP]+[-+]?|[-+])[0-9]*)?$/;

/** Throws QuantityError. Surrounding white space is the caller's business. */
export function parseQuantity(text: string): Quantity {
  const match = text === '' ? null : shape.exec(text);
  if (match === null) throw new QuantityError(formatWrong);
  const [, sign, allDigits = '', fraction = '', suffixText = ''] = match;
  const digits = allDigits.replace(/^0+/, '');
  const suffix = interpretSuffix(suffixText);
  if (suffix === undefined) throw new QuantityError(suffixWrong);
  const number = `${digits === '' ? '0' : digits}${fraction}`;
  const hasNoDigit = allDigits === '' && fraction === '';
  if (number.length > maxDigits || (hasNoDigit && isSlow(number, fraction, suffix)))
    throw new QuantityError(numberWrong);

  const negative = sign === '-';
  const unsigned = BigInt(number);
  let { format } = suffix;
  let nanos: bigint;
  if (suffix.base === 2) {
    nanos = divideUp(unsigned * 2n ** BigInt(suffix.exponent) * nano, 10n ** BigInt(fraction.length));
    if (nanos > maxAllowed) nanos = maxAllowed;
    if (nanos > 0n && nanos < nano) format = 'DecimalSI';
  } else {
    const exponent = suffix.exponent - fraction.length + 9;
    nanos = exponent >= 0 ? unsigned * 10n ** BigInt(exponent) : divideUp(unsigned, 10n ** BigInt(-exponent));
  }
  if (negative) nanos = -nanos;
  return keepsItsText(number, unsigned, fraction, suffix) ? { nanos, format, written: text } : { nanos, format };
}

function interpretSuffix(text: string): Suffix | undefined {
  const known = suffixes.get(text);
  if (known !== undefined) return known;
  if (!/^[eE][-+]?[0-9]+$/.test(text)) return undefined;
  const exponent = Number(text.slice(1));
  return Math.abs(exponent) > maxExponent ? undefined : { base: 10, exponent, format: 'DecimalExponent' };
}

/** Whether upstream leaves the 64-bit road, on which a written form may be reused. */
function isSlow(number: string, fraction: string, { base, exponent }: Suffix): boolean {
  if (base === 10) return number.length > 18 || exponent - fraction.length < -9;
  return fraction !== '' || 15 - number.length - Math.trunc((exponent * 3) / 10) - 1 < 0;
}

function keepsItsText(number: string, unsigned: bigint, fraction: string, suffix: Suffix): boolean {
  if (isSlow(number, fraction, suffix)) return false;
  if (suffix.base === 2) return (unsigned & 7n) !== 0n;
  return (suffix.exponent - fraction.length) % 3 === 0 && !number.endsWith('000') && !number.startsWith('0');
}

/** Kubernetes' canonical form: no fraction, the largest suffix that loses nothing. */
export function formatQuantity(quantity: Quantity): string {
  const { nanos, format, written } = quantity;
  if (written !== undefined) return written;
  if (nanos === 0n) return '0';
  const magnitude = nanos < 0n ? -nanos : nanos;
  if (format === 'BinarySI' && magnitude >= 1024n * nano && magnitude % nano === 0n) return formatBinary(nanos / nano);
  return formatDecimal(nanos, format);
}

function formatBinary(units: bigint): string {
  let rest = units;
  let step = 0;
  while (step < binarySuffixes.length - 1 && rest % 1024n === 0n) {
    rest /= 1024n;
    step += 1;
  }
  return `${rest}${binarySuffixes[step]}`;
}

function formatDecimal(nanos: bigint, format: QuantityFormat): string {
  const digits = String(nanos);
  let zeros = 0;
  while (digits.at(-1 - zeros) === '0') zeros += 1;
  let exponent = zeros - 9;
  exponent -= ((exponent % 3) + 3) % 3;
  if (format !== 'DecimalExponent' && exponent > 18) exponent = 18;
  const mantissa = digits.slice(0, digits.length - (exponent + 9));
  if (format === 'DecimalExponent') return exponent === 0 ? mantissa : `${mantissa}e${exponent}`;
  return `${mantissa}${decimalSuffixes[(exponent + 9) / 3]?.[0] ?? ''}`;
}

/** Parses and prints again. Throws QuantityError. */
export function canonicalQuantity(text: string): string {
  return formatQuantity(parseQuantity(text));
}

/** Whole units, rounded away from zero. */
export function value(quantity: Quantity): bigint {
  return divideUp(quantity.nanos, nano);
}

/** Thousandths, rounded away from zero. */
export function milliValue(quantity: Quantity): bigint {
  return divideUp(quantity.nanos, milliPerNano);
}

export function addQuantity(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function subtractQuantity(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

/** Negative, zero or positive, as a sort function wants it. */
export function compareQuantity(a: Quantity, b: Quantity): -1 | 0 | 1 {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/** Rounded away from zero to thousandths: what defaulting does to every resource list. */
export function roundUpToMilli(quantity: Quantity): Quantity {
  if (quantity.nanos % milliPerNano === 0n) return quantity;
  return { nanos: milliValue(quantity) * milliPerNano, format: quantity.format };
}

/** A quantity of whole thousandths. */
export function quantityOfMillis(millis: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(millis) * milliPerNano, format };
}

/** A quantity of whole units. */
export function quantityOf(units: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(units) * nano, format };
}

/**
 * Thousandths of a written quantity as a plain number, for arithmetic in which 2^53 is enough
 * (CPU millis, metric values); larger amounts saturate there. Throws QuantityError.
 */
export function milliValueOf(text: string): number {
  return saturated(milliValue(parseQuantity(text)));
}

/** Whole units of a written quantity as a plain number (bytes, counts); saturates at 2^53 − 1. Throws QuantityError. */
export function wholeValueOf(text: string): number {
  return saturated(value(parseQuantity(text)));
}

function saturated(amount: bigint): number {
  if (amount > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
  if (amount < BigInt(Number.MIN_SAFE_INTEGER)) return Number.MIN_SAFE_INTEGER;
  return Number(amount);
}

function divideUp(amount: bigint, by: bigint): bigint {
  const whole = amount / by;
  if (whole * by === amount) return whole;
  return amount < 0n ? whole - 1n : whole + 1n;
}
