/** IPv4 addresses from `first` on; the first and the last are not for use. */
export interface AddressRange {
  readonly first: number;
  readonly size: number;
  readonly text: string;
}

/** `127.128.0.0/12`. Throws for what is none: it is written in the code. */
export function parseRange(cidr: string): AddressRange {
  const [address = '', bits = ''] = cidr.split('/');
  const first = parseAddress(address);
  const prefix = Number(bits);
  if (first === undefined || !Number.isInteger(prefix) || prefix < 8 || prefix > 30) {
    throw new Error(`bug: ${cidr} is no range of addresses`);
  }
  return { first, size: 2 ** (32 - prefix), text: cidr };
}

/** Undefined for anything but four decimal numbers. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
