/**
 * The rules for names, with Kubernetes' messages (apimachinery pkg/api/validate/content and
 * pkg/util/validation). Each function returns what is wrong, and nothing when all is well.
 */
export type NameRule = (value: string) => readonly string[];

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const underscoreLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const underscoreSubdomain = `${underscoreLabel}(\\.${underscoreLabel})*`;
const dns1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualified})?`;
const configKey = '[-._a-zA-Z0-9]+';

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

const labelPattern = whole(label);
const subdomainPattern = whole(subdomain);
const underscorePattern = whole(underscoreSubdomain);
const dns1035Pattern = whole(dns1035);
const qualifiedPattern = whole(qualified);
const labelValuePattern = whole(labelValue);
const configKeyPattern = whole(configKey);

/** RFC 1123 label: at most 63 of a-z, 0-9 and '-'. */
export const dns1123Label: NameRule = (value) => [
  ...tooLong(value, 63),
  ...(labelPattern.test(value)
    ? []
    : subdomainPattern.test(value)
      ? ['must not contain dots']
      : [
          mismatch(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            label,
            'my-name',
            '123-abc',
          ),
        ]),
];

const subdomainMismatch: string = mismatch(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  subdomain,
  'example.com',
);

/** Labels joined by dots, at most 253 bytes: the rule for most objects' names. */
export const dns1123Subdomain: NameRule = (value) => [
  ...tooLong(value, 253),
  ...(subdomainPattern.test(value) ? [] : [subdomainMismatch]),
];

/** The search domains of resolvers may have underscores. */
export const dns1123SubdomainWithUnderscore: NameRule = (value) => [
  ...tooLong(value, 253),
  ...(underscorePattern.test(value)
    ? []
    : [
        mismatch(
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
          underscoreSubdomain,
          'example.com',
        ),
      ]),
];

/** A label that begins with a letter: names of services and custom resource kinds. */
export const dns1035Label: NameRule = (value) => [
  ...tooLong(value, 63),
  ...(dns1035Pattern.test(value)
    ? []
    : [
        mismatch(
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
          dns1035,
          'my-name',
          'abc-123',
        ),
      ]),
];

/** `[prefix/]name`: keys of labels and annotations, resource names, finalizers. */
export const qualifiedName: NameRule = (value) => {
  const rule = (): string =>
    mismatch(
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      qualified,
      'MyName',
      'my.name',
      '123-abc',
    );
  const parts = value.split('/');
  if (parts.length > 2)
    return [`a valid label key ${rule()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const name = parts.at(-1) ?? '';
  const errors: string[] = [];
  if (prefix === '') errors.push('prefix part must be non-empty');
  else if (prefix !== undefined)
    errors.push(
      ...tooManyBytes(prefix, 253).map((message) => `prefix part ${message}`),
      ...(subdomainPattern.test(prefix) ? [] : [`prefix part ${subdomainMismatch}`]),
    );
  if (name === '') errors.push('name part must be non-empty');
  else errors.push(...tooManyBytes(name, 63).map((message) => `name part ${message}`));
  if (!qualifiedPattern.test(name)) errors.push(`name part ${rule()}`);
  return errors;
};

export const validLabelValue: NameRule = (value) => [
  ...tooManyBytes(value, 63),
  ...(labelValuePattern.test(value)
    ? []
    : [
        mismatch(
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
          labelValue,
          'MyValue',
          'my_value',
          '12345',
        ),
      ]),
];

/** Keys of config maps and secrets. */
export const configMapKey: NameRule = (value) => [
  ...tooLong(value, 253),
  ...(configKeyPattern.test(value)
    ? []
    : [
        mismatch(
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
          configKey,
          'key.name',
          'KEY_NAME',
          'key-name',
        ),
      ]),
  ...climbing(value),
];

/** Names of environment variables: printable ASCII without '='. */
export const envVarName: NameRule = (value) => [
  ...(value === '' ? ['environment variable name must be non-empty'] : []),
  ...(/^[\x20-\x3c\x3e-\x7e]*$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]),
];

/** Names of ports (IANA service names). */
export const portName: NameRule = (value) => [
  ...tooLong(value, 15),
  ...(/^[-a-z0-9]+$/.test(value) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
  ...(/[a-z]/.test(value) ? [] : ['must contain at least one letter (a-z)']),
  ...(value.includes('--') ? ['must not contain consecutive hyphens'] : []),
  ...(value.startsWith('-') || value.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
];

export function portNumber(value: number): readonly string[] {
  return inRange(value, 1, 65_535);
}

export function inRange(value: number, low: number, high: number): readonly string[] {
  return value >= low && value <= high ? [] : [`must be between ${low} and ${high}, inclusive`];
}

/** Can stand between two slashes of a URL. */
export const pathSegment: NameRule = (value) => {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
};

export const httpHeaderName: NameRule = (value) =>
  /^[-A-Za-z0-9]+$/.test(value)
    ? []
    : [
        mismatch(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          '[-A-Za-z0-9]+',
          'X-Header-Name',
        ),
      ];

export const percent: NameRule = (value) =>
  /^[0-9]+%$/.test(value)
    ? []
    : [mismatch("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%')];

/**
 * A name that something may be appended to, such as generateName: a dash at its end is well
 * (upstream's maskTrailingDash).
 */
export function asPrefix(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

/** Names that would leave the folder they are written to. */
function climbing(value: string): readonly string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

/** Upstream says characters in its older rules and bytes in the newer ones, and counts bytes in both. */
function tooLong(value: string, max: number): readonly string[] {
  return byteLength(value) > max ? [`must be no more than ${max} characters`] : [];
}

function tooManyBytes(value: string, max: number): readonly string[] {
  return byteLength(value) > max ? [`must be no more than ${max} bytes`] : [];
}

/** UTF-8 length: Kubernetes measures names in bytes. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
  }
  return bytes;
}

/** Kubernetes' wording of a value that misses its pattern. */
export function mismatch(message: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const list = examples.map((example, index) => `${index > 0 ? ' or ' : ''}'${example}', `).join('');
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
}
