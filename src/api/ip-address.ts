import type { NameRule } from './names.ts';

/** An address as its 16-bit groups; IPv4 has two. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly groups: readonly number[];
  /** RFC 5952 for IPv6. */
  readonly canonical: string;
  /** Readers disagree on numbers such as `010`. */
  readonly hasLeadingZeros: boolean;
  /** An IPv4 address written as an IPv6 one, `::ffff:1.2.3.4`. */
  readonly isMapped: boolean;
}

/** Reads both families without zones, leading zeros tolerated; undefined when the text is no address. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.length > 64) return undefined;
  if (!text.includes(':')) {
    const bytes = parseBytes(text);
    if (bytes === undefined) return undefined;
    const hasLeadingZeros = text.split('.').some((part) => part.length > 1 && part.startsWith('0'));
    return { family: 4, groups: pairs(bytes), canonical: bytes.join('.'), hasLeadingZeros, isMapped: false };
  }
  return parseIpv6(text);
}

function parseBytes(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^[0-9]{1,8}$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

const pairs = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): readonly number[] => [a * 256 + b, c * 256 + d];

function parseIpv6(text: string): IpAddress | undefined {
  const lastColon = text.lastIndexOf(':');
  const dotted = text.slice(lastColon + 1);
  const embedded = dotted.includes('.') ? parseBytes(dotted) : [];
  if (embedded === undefined) return undefined;
  const hexText = embedded.length === 0 ? text : `${text.slice(0, lastColon + 1)}0:0`;
  const halves = hexText.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const all = [...(head ?? []), ...(tail ?? [])];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const missing = 8 - all.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...(head ?? []), ...Array.from({ length: missing }, () => '0'), ...(tail ?? [])].map((group) =>
    Number.parseInt(group, 16),
  );
  if (embedded.length > 0) groups.splice(6, 2, ...pairs(embedded));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const hasLeadingZeros =
    embedded.length > 0 && dotted.split('.').some((part) => part.length > 1 && part.startsWith('0'));
  return {
    family: 6,
    groups,
    canonical: isMapped ? dottedText(groups.slice(6)) : hexadecimal(groups),
    hasLeadingZeros,
    isMapped,
  };
}

const dottedText = (groups: readonly number[]): string =>
  groups.flatMap((group) => [group >> 8, group & 255]).join('.');

/** The longest run of two zero groups or more shortens to `::`, the first of equal ones. */
function hexadecimal(groups: readonly number[]): string {
  let [start, length] = [-1, 1];
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end += 1;
    if (end - i > length) [start, length] = [i, end - i];
    if (end > i) i = end;
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** Upstream's IsValidIPForLegacyField with the strict reading that 1.36 has by default. */
export const ipAddress: NameRule = (text) => {
  const address = parseIp(text);
  if (address === undefined) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  if (address.hasLeadingZeros) return ['must not have leading 0s'];
  return address.isMapped ? ['must not be an IPv4-mapped IPv6 address'] : [];
};

/** An address in its one canonical form, for fields that were always strict. */
export const canonicalIpAddress: NameRule = (text) => {
  const messages = ipAddress(text);
  const canonical = parseIp(text)?.canonical;
  return messages.length > 0 || canonical === undefined || canonical === text
    ? messages
    : [`must be in canonical form ("${canonical}")`];
};

/** A block of addresses as `10.9.8.0/24`, strictly read. */
export const cidr: NameRule = (text) => {
  const wrong = ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
  const [, addressText = '', bitsText = ''] = /^([^/]+)\/([0-9]{1,8})$/.exec(text) ?? [];
  const address = parseIp(addressText);
  const bits = Number(bitsText);
  if (address === undefined || bitsText === '' || bits > (address.family === 4 ? 32 : 128)) return wrong;
  if (address.hasLeadingZeros || (bitsText.length > 1 && bitsText.startsWith('0')))
    return ['must not have leading 0s in IP or prefix length'];
  if (address.isMapped) return ['must not have an IPv4-mapped IPv6 address'];
  return hasBitsBeyond(address, bits) ? ['must not have bits set beyond the prefix length'] : [];
};

function hasBitsBeyond({ groups }: IpAddress, bits: number): boolean {
  return groups.some((group, index) => {
    const kept = Math.min(16, Math.max(0, bits - 16 * index));
    return (group & ((1 << (16 - kept)) - 1)) !== 0;
  });
}
