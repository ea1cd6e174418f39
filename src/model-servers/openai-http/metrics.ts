/** Metrics in Prometheus' text format, version 0.0.4. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly lines: () => string[];
}

export interface Counter {
  add(amount?: number): void;
}

export interface Histogram {
  observe(value: number): void;
}

/** The metrics of one server. `common` labels stand on every sample. */
export class Metrics {
  readonly #common: Labels;
  readonly #families: Family[] = [];

  constructor(common: Labels) {
    this.#common = common;
  }

  /** A counter with one series; its name ends in `_total`. */
  counter(name: string, help: string): Counter {
    return this.counters(name, help, '', [''])('');
  }

  /** A counter with a series for each value of a label, all present from the start so that rates see the first event. */
  counters(name: string, help: string, label: string, values: readonly string[]): (value: string) => Counter {
    const totals = new Map(values.map((value) => [value, 0]));
    this.#add(name, 'counter', help, () =>
      [...totals].map(([value, total]) => this.#sample(name, label === '' ? {} : { [label]: value }, total)),
    );
    return (value) => ({ add: (amount = 1) => totals.set(value, (totals.get(value) ?? 0) + amount) });
  }

  /** A gauge that is read when somebody asks. */
  gauge(name: string, help: string, read: () => number): void {
    this.#add(name, 'gauge', help, () => [this.#sample(name, {}, read())]);
  }

  /** `bounds` are the upper bounds of the buckets, ascending; `+Inf` is added. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const counts = Array.from({ length: bounds.length + 1 }, () => 0);
    let sum = 0;
    this.#add(name, 'histogram', help, () => {
      let below = 0;
      const lines = counts.map((count, i) => {
        below += count;
        return this.#sample(`${name}_bucket`, { le: i < bounds.length ? formatNumber(bounds[i] ?? 0) : '+Inf' }, below);
      });
      return [...lines, this.#sample(`${name}_sum`, {}, sum), this.#sample(`${name}_count`, {}, below)];
    });
    return {
      observe(value) {
        const bucket = bounds.findIndex((bound) => value <= bound);
        const index = bucket === -1 ? bounds.length : bucket;
        counts[index] = (counts[index] ?? 0) + 1;
        sum += value;
      },
    };
  }

  text(): string {
    return `${this.#families.flatMap(({ lines }) => lines()).join('\n')}\n`;
  }

  #add(name: string, type: string, help: string, lines: () => string[]): void {
    this.#families.push({ name, lines: () => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines()] });
  }

  #sample(name: string, labels: Labels, value: number): string {
    const pairs = Object.entries({ ...this.#common, ...labels }).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${formatNumber(value)}`;
  }
}

/** Python's spelling of floats, which scrapers of vLLM compare buckets with: `1.0`, not `1`. */
function formatNumber(value: number): string {
  if (value === Infinity) return '+Inf';
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
