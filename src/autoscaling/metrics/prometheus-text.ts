/** One line of a scrape. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN or infinite, as the formats allow. */
  readonly value: number;
}

export interface Scrape {
  readonly samples: readonly MetricSample[];
  /** By family: counter, gauge, histogram, summary, untyped, info, stateset, unknown. */
  readonly types: ReadonlyMap<string, string>;
}

/** The text is no metrics text, or more of it than is read. */
export class PrometheusTextError extends Error {
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = 'PrometheusTextError';
  }
}

/** What a scrape may hold at most: it comes from whatever runs in a pod. */
export interface ScrapeLimits {
  readonly samples: number;
  readonly labelsPerSample: number;
  /** Characters of a name, a label's name or a label's value. */
  readonly word: number;
}

export const defaultScrapeLimits: ScrapeLimits = { samples: 50_000, labelsPerSample: 64, word: 4_096 };

const kinds = new Set([
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'untyped',
  'unknown',
  'info',
  'stateset',
]);

/**
 * Reads Prometheus' text format 0.0.4 and OpenMetrics 1.0, in time linear in the text. Exemplars,
 * timestamps and help are passed over. Throws PrometheusTextError.
 */
export function parsePrometheusText(text: string, limits: ScrapeLimits = defaultScrapeLimits): Scrape {
  const samples: MetricSample[] = [];
  const types = new Map<string, string>();
  let line = 0;
  for (let start = 0; start < text.length;) {
    line++;
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const content = text.slice(start, end).trim();
    start = end + 1;
    if (content === '') continue;
    if (content.startsWith('#')) {
      const [, keyword, family = '', kind = ''] = content.split(/\s+/, 4);
      if (keyword === 'EOF') break;
      if (keyword === 'TYPE' && kinds.has(kind) && types.size < limits.samples) types.set(family, kind);
      continue;
    }
    if (samples.length === limits.samples) throw new PrometheusTextError(line, `more than ${limits.samples} samples`);
    samples.push(new SampleLine(content, line, limits).read());
  }
  return { samples, types };
}

/** A cursor over one line. */
class SampleLine {
  readonly #text: string;
  readonly #line: number;
  readonly #limits: ScrapeLimits;
  #at = 0;

  constructor(text: string, line: number, limits: ScrapeLimits) {
    this.#text = text;
    this.#line = line;
    this.#limits = limits;
  }

  read(): MetricSample {
    const name = this.#name(/[a-zA-Z_:][a-zA-Z0-9_:]*/y, 'a metric name');
    const labels = this.#text[this.#at] === '{' ? this.#labels() : {};
    // A value, perhaps a timestamp, perhaps an exemplar after `#`.
    const match = /^\s+(\S+)(?:\s+[-+]?[0-9.eE]+)?\s*(?:#.*)?$/.exec(this.#text.slice(this.#at));
    const value = match === null ? undefined : numberOf(match[1] ?? '');
    if (value === undefined) this.#fail('no value');
    return { name, labels, value };
  }

  #labels(): Record<string, string> {
    // No prototype: a label named __proto__ is a label.
    const labels = Object.create(null) as Record<string, string>;
    let count = 0;
    this.#at++;
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] === '}') {
        this.#at++;
        return { ...labels };
      }
      if (++count > this.#limits.labelsPerSample) this.#fail(`more than ${this.#limits.labelsPerSample} labels`);
      const name = this.#name(/[a-zA-Z_][a-zA-Z0-9_]*/y, 'a label name');
      this.#skipSpace();
      if (this.#text[this.#at] !== '=') this.#fail('no = after a label name');
      this.#at++;
      this.#skipSpace();
      labels[name] = this.#quoted();
      this.#skipSpace();
      if (this.#text[this.#at] === ',') this.#at++;
      else if (this.#text[this.#at] !== '}') this.#fail('no , or } after a label');
    }
  }

  #quoted(): string {
    if (this.#text[this.#at] !== '"') this.#fail('a label value without quotes');
    let value = '';
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const char = this.#text[at]!;
      if (char === '"') {
        this.#at = at + 1;
        return value;
      }
      if (char === '\\') {
        const escaped = this.#text[++at] ?? '';
        value += escaped === 'n' ? '\n' : escaped;
      } else value += char;
      if (value.length > this.#limits.word) this.#fail(`a label value longer than ${this.#limits.word}`);
    }
    return this.#fail('a label value without an end');
  }

  #name(shape: RegExp, what: string): string {
    shape.lastIndex = this.#at;
    const name = shape.exec(this.#text)?.[0];
    if (name === undefined) this.#fail(`${what} was expected`);
    if (name.length > this.#limits.word) this.#fail(`a name longer than ${this.#limits.word}`);
    this.#at += name.length;
    return name;
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++;
  }

  #fail(message: string): never {
    throw new PrometheusTextError(this.#line, message);
  }
}

/** As Go's ParseFloat reads them in these formats; undefined when it is no number. */
function numberOf(text: string): number | undefined {
  if (/^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text)) return Number(text);
  const special = /^([-+]?)(nan|inf|infinity)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2]!.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? -Infinity : Infinity;
}
