/** What a field may show of itself in a log. */

const secretName = /token|secret|passw|authorization|cookie|credential|api[-_]?key|private[-_]?key|bearer/i;
const bearer = /\b(bearer|basic)\s+[\w+/=.~-]{8,}/gi;
const withheld = '[withheld]';
const longestText = 4096;
const deepest = 4;
const mostItems = 50;

/** A value for JSON: secrets withheld, Kubernetes objects as `Kind namespace/name`, errors as their messages, depth and size bounded. */
export function safeField(name: string, value: unknown, depth = 0): unknown {
  if (secretName.test(name) && value !== undefined && value !== null && typeof value !== 'boolean') return withheld;
  if (typeof value === 'string') return clip(value.replaceAll(bearer, `$1 ${withheld}`));
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Error) return clip(errorText(value).replaceAll(bearer, `$1 ${withheld}`));
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value;
  const named = objectName(value);
  if (named !== undefined) return named;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= deepest) return '[deep]';
  if (Array.isArray(value)) {
    const items = value.slice(0, mostItems).map((item) => safeField('', item, depth + 1));
    return value.length > mostItems ? [...items, `[${value.length - mostItems} more]`] : items;
  }
  const entries = Object.entries(value);
  return Object.fromEntries(entries.slice(0, mostItems).map(([key, item]) => [key, safeField(key, item, depth + 1)]));
}

/** The same for a person's eyes: `name=value` with quotes where a value holds spaces; control characters escaped. */
export function fieldText(name: string, value: unknown, { bare = false }: { bare?: boolean } = {}): string {
  const safe = safeField(name, value);
  const text = typeof safe === 'string' ? safe : (JSON.stringify(safe) ?? 'undefined');
  // A line break or an escape sequence in a value would forge lines or paint the terminal.
  const escaped = text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (char) => {
    return char === '\n' ? '\\n' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return bare || !/[\s"=]/.test(escaped) || typeof safe !== 'string' ? escaped : `"${escaped.replaceAll('"', '\\"')}"`;
}

/** Message, reason and causes; the stack only of bugs, whose place is what one needs. */
function errorText(error: Error): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? ` (${error.reason})` : '';
  const cause = error.cause instanceof Error ? `: ${errorText(error.cause)}` : '';
  const isBug = error.message.startsWith('bug:') || error instanceof TypeError || error instanceof ReferenceError;
  return isBug ? (error.stack ?? error.message) : `${error.message}${reason}${cause}`;
}

function objectName(value: object): string | undefined {
  if (!('metadata' in value) || typeof value.metadata !== 'object' || value.metadata === null) return undefined;
  const { name, namespace } = value.metadata as { name?: unknown; namespace?: unknown };
  const kind = 'kind' in value && typeof value.kind === 'string' ? `${value.kind} ` : '';
  const scope = typeof namespace === 'string' && namespace !== '' ? `${namespace}/` : '';
  return `${kind}${scope}${typeof name === 'string' ? name : ''}`;
}

function clip(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}[${text.length - longestText} more]`;
}
