import { dns1123Label, dns1123Subdomain } from '../../api/names.ts';

const hex = '[0-9a-f]';
const uuid = (version: string, variant: string): RegExp =>
  new RegExp(`^${hex}{8}-?${hex}{4}-?${version}${hex}{3}-?${variant}${hex}{3}-?${hex}{12}$`, 'i');
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const ipv6 =
  /^(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?=(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}$)(?:(?:[0-9a-f]{1,4}:)*[0-9a-f]{1,4})?::(?:(?:[0-9a-f]{1,4}:)*[0-9a-f]{1,4})?)$/i;

/**
 * The string formats that custom resources are held to (apiextensions-apiserver pkg/apiserver/validation/formats.go);
 * others mean nothing, as upstream. Names are without dashes.
 */
const formats: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: (text) => /^[0-9a-f]{24}$/i.test(text),
  uri: (text) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(text) || /^\/\S*$/.test(text),
  email: (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(text) || /^[^<>@]*<[^\s@<>]+@[^\s@<>]+>$/.test(text),
  hostname: (text) =>
    text.length <= 255 &&
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i.test(text),
  ipv4: (text) => ipv4.test(text),
  ipv6: (text) => ipv6.test(text),
  cidr: isCidr,
  mac: (text) => /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text),
  uuid: (text) => uuid(hex, hex).test(text),
  uuid3: (text) => uuid('3', hex).test(text),
  uuid4: (text) => uuid('4', '[89ab]').test(text),
  uuid5: (text) => uuid('5', '[89ab]').test(text),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  hexcolor: (text) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text),
  rgbcolor: (text) => /^rgb\((\s*(25[0-5]|2[0-4]\d|1?\d?\d)\s*,){2}\s*(25[0-5]|2[0-4]\d|1?\d?\d)\s*\)$/i.test(text),
  byte: (text) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text),
  password: () => true,
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && isDay(text),
  datetime: (text) =>
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/i.test(text) && isDay(text.slice(0, 10)),
  duration: (text) =>
    /^[-+]?(\d+(\.\d*)?|\.\d+)\s?(ns|us|µs|ms|s|m|h|d|w|[a-z]+)((\d+(\.\d*)?)(ns|us|µs|ms|s|m|h))*$/i.test(text) ||
    text === '0',
  k8sshortname: (text) => dns1123Label(text).length === 0,
  k8slongname: (text) => dns1123Subdomain(text).length === 0,
};

/** Undefined for a format that means nothing. */
export function formatRule(format: string): ((text: string) => boolean) | undefined {
  const name = format.replaceAll('-', '');
  return Object.hasOwn(formats, name) ? formats[name] : undefined;
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  return ipv4.test(address) ? Number(bits) <= 32 : ipv6.test(address) && Number(bits) <= 128;
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function digitsOf(text: string): string {
  return text.replace(/[-\s]/g, '');
}

function isIsbn10(text: string): boolean {
  const digits = digitsOf(text);
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = Array.from(digits).reduce(
    (total, digit, index) => total + (index + 1) * (digit === 'X' ? 10 : Number(digit)),
    0,
  );
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = digitsOf(text);
  if (!/^\d{13}$/.test(digits)) return false;
  return (
    Array.from(digits).reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0) % 10 === 0
  );
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '');
  if (!/^\d{13,19}$/.test(digits)) return false;
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, index) => {
      const value = index % 2 === 0 ? Number(digit) : Number(digit) * 2;
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}
