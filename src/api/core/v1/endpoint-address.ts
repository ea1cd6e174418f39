import { type FieldError, invalidValue } from '../../field-error.ts';
import { parseIp } from '../../ip-address.ts';

/**
 * An address that traffic may be sent to (upstream ValidateEndpointIP). Loopback is allowed, which
 * upstream refuses: pods of one machine live there.
 */
export function validateEndpointIP(text: string, path: string): readonly FieldError[] {
  const address = parseIp(text);
  if (address === undefined) return [invalidValue(path, text, 'must be a valid IP address')];
  const { family, groups } = address;
  const [first = 0, second = 0] = groups;
  const isV4 = family === 4;
  const wrong = (why: string): FieldError => invalidValue(path, text, why);
  const errors: FieldError[] = [];
  if (groups.every((group) => group === 0)) errors.push(wrong(`may not be unspecified (${text})`));
  if (isV4 ? first === 0xa9fe : (first & 0xffc0) === 0xfe80)
    errors.push(wrong('may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  if (isV4 ? first === 0xe000 && second >> 8 === 0 : (first & 0xff0f) === 0xff02)
    errors.push(wrong('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
  return errors;
}
