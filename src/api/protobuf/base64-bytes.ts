const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The form that bytes have in JSON. */
export function base64OfBytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  const whole = bytes.length - (bytes.length % 3);
  for (let index = 0; index < whole; index += 3) parts.push(digits(bytes, index, 4));
  if (whole < bytes.length) parts.push(digits(bytes, whole, bytes.length - whole + 1).padEnd(4, '='));
  return parts.join('');
}

function digits(bytes: Uint8Array, at: number, count: number): string {
  const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  let text = '';
  for (let digit = 0; digit < count; digit++) text += alphabet.charAt((bits >>> (18 - 6 * digit)) & 0x3f);
  return text;
}
