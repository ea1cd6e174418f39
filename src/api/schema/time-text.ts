/** The text is not a time. The message is that of Go's time.Parse. */
export class TimeError extends Error {
  override readonly name = 'TimeError';
}

const secondLayout = '2006-01-02T15:04:05Z07:00';
const microLayout = '2006-01-02T15:04:05.000000Z07:00';
const zeroSecond = '0001-01-01T00:00:00Z';

/** Already canonical, and valid in every month: what nearly all times that arrive look like. */
const plainSecond = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const plainMicro = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;

/** metav1.Time: RFC 3339 in UTC without fractions. undefined for Go's zero time, which is written as null. */
export function canonicalTime(text: string): string | undefined {
  const canonical = plainSecond.test(text) ? text : parse(text, secondLayout).second;
  return canonical === zeroSecond ? undefined : canonical;
}

/** metav1.MicroTime: exactly six digits of fraction, in UTC. undefined for Go's zero time. */
export function canonicalMicroTime(text: string): string | undefined {
  if (plainMicro.test(text)) return text.startsWith('0001-01-01T00:00:00.000000') ? undefined : text;
  const { second, fraction } = parse(text, microLayout);
  return second === zeroSecond && Number(fraction) === 0 ? undefined : `${second.slice(0, -1)}.${fraction}Z`;
}

/** Reads element by element as Go does, so that the message names the element that is wrong. */
function parse(text: string, layout: string): { second: string; fraction: string } {
  let rest = text;
  const bad = (element: string, at: string = rest): TimeError =>
    new TimeError(
      `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(at)} as ${JSON.stringify(element)}`,
    );
  const outOfRange = (what: string): TimeError =>
    new TimeError(`parsing time ${JSON.stringify(text)}: ${what} out of range`);
  const digits = (pattern: RegExp, element: string): number => {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) throw bad(element);
    rest = rest.slice(found.length);
    return Number(found);
  };
  const literal = (expected: string): void => {
    if (!rest.startsWith(expected)) throw bad(expected);
    rest = rest.slice(expected.length);
  };

  const year = digits(/^\d{4}/, '2006');
  literal('-');
  const month = digits(/^\d\d/, '01');
  if (month < 1 || month > 12) throw outOfRange('month');
  literal('-');
  const day = digits(/^\d\d/, '02');
  literal('T');
  const hour = digits(/^\d\d?/, '15');
  if (hour > 23) throw outOfRange('hour');
  literal(':');
  const minute = digits(/^\d\d/, '04');
  if (minute > 59) throw outOfRange('minute');
  literal(':');
  const second = digits(/^\d\d/, '05');
  if (second > 59) throw outOfRange('second');

  let fraction = '';
  if (layout === microLayout) {
    fraction = /^\.(\d{6})/.exec(rest)?.[1] ?? '';
    if (fraction === '') throw bad('.000000');
    rest = rest.slice(7);
  } else {
    // Go takes a fraction that the layout does not ask for, after a point or a comma.
    rest = rest.replace(/^[.,]\d+/, '');
  }

  const zone = /^(?:Z|([+-])(\d\d):(\d\d))/.exec(rest);
  if (zone === null) throw bad('Z07:00');
  const offsetHours = Number(zone[2] ?? 0);
  const offsetMinutes = Number(zone[3] ?? 0);
  if (offsetHours > 24) throw outOfRange('time zone offset hour');
  if (offsetMinutes > 60) throw outOfRange('time zone offset minute');
  rest = rest.slice(zone[0].length);
  if (rest !== '') throw new TimeError(`parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`);
  if (day < 1 || day > daysIn(year, month)) throw outOfRange('day');

  const written = `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}Z`;
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000 * (zone[1] === '-' ? -1 : 1);
  if (offsetMs === 0) return { second: written, fraction };
  const utc = new Date(Date.parse(written) - offsetMs).toISOString();
  return { second: `${utc.slice(0, utc.length - 5)}Z`, fraction };
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
