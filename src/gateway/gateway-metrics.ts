type Labels = Readonly<Record<string, string>>;

/** Seconds; from one token's time to a long wait for a cold start. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

const families = {
  slipway_gateway_requests_total: { type: 'counter', help: 'Requests answered, by status code.' },
  slipway_gateway_retries_total: { type: 'counter', help: 'Tries that failed and were followed by another.' },
  slipway_gateway_broken_streams_total: { type: 'counter', help: 'Answers that broke off after their first byte.' },
  slipway_gateway_tokens_total: {
    type: 'counter',
    help: 'Tokens by direction (prompt, completion), where servers tell.',
  },
  slipway_gateway_in_flight: { type: 'gauge', help: 'Requests at a replica now.' },
  slipway_gateway_held: { type: 'gauge', help: 'Requests that wait for a replica now.' },
  slipway_gateway_ttft_seconds: { type: 'histogram', help: 'From the request to the first token, waiting included.' },
  slipway_gateway_request_seconds: { type: 'histogram', help: 'From the request to the last byte of the answer.' },
} as const;

type Family = keyof typeof families;
type OfType<T extends string> = { [F in Family]: (typeof families)[F]['type'] extends T ? F : never }[Family];

export interface Gauge {
  readonly name: OfType<'gauge'>;
  readonly labels: Labels;
  readonly value: number;
}

/** One line of a counter, or the lines of one histogram. */
export interface Series {
  readonly labels: Labels;
  /** Of a counter the total, of a histogram the sum. */
  value: number;
  /** Of a histogram: by bucket, the last one without a bound. */
  readonly counts?: number[];
}

/** The gateway's counters and histograms in Prometheus' text form; gauges are asked for when it is written. */
export class GatewayMetrics {
  readonly #series = new Map<Family, Map<string, Series>>();

  count(name: OfType<'counter'>, labels: Labels, by = 1): void {
    this.series(name, labels).value += by;
  }

  observe(name: OfType<'histogram'>, labels: Labels, seconds: number): void {
    observe(this.series(name, labels), seconds);
  }

  /** Forgets the series of models that are gone. */
  retain(isKnown: (labels: Labels) => boolean): void {
    for (const series of this.#series.values())
      for (const [key, { labels }] of series) if (!isKnown(labels)) series.delete(key);
  }

  text(gauges: readonly Gauge[]): string {
    const lines: string[] = [];
    for (const name of Object.keys(families) as Family[]) {
      const { type, help } = families[name];
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const gauge of gauges) if (gauge.name === name) lines.push(line(name, gauge.labels, gauge.value));
      for (const { labels, value, counts } of this.#series.get(name)?.values() ?? [])
        lines.push(
          ...(counts === undefined ? [line(name, labels, value)] : histogramLines(name, labels, value, counts)),
        );
    }
    return `${lines.join('\n')}\n`;
  }

  /** For whoever counts often: found once, until `retain` forgets it. A family's labels have always the same order. */
  series(name: OfType<'counter' | 'histogram'>, labels: Labels): Series {
    const all = this.#series.get(name) ?? new Map<string, Series>();
    this.#series.set(name, all);
    const key = Object.values(labels).join('\0');
    const known = all.get(key);
    if (known !== undefined) return known;
    const isHistogram = families[name].type === 'histogram';
    const made: Series = {
      labels,
      value: 0,
      ...(isHistogram ? { counts: Array<number>(bounds.length + 1).fill(0) } : {}),
    };
    all.set(key, made);
    return made;
  }
}

/** Into a series of a histogram. */
export function observe(series: Series, seconds: number): void {
  series.value += seconds;
  const { counts = [] } = series;
  let bucket = 0;
  while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
  counts[bucket] = (counts[bucket] ?? 0) + 1;
}

function histogramLines(name: string, labels: Labels, sum: number, counts: readonly number[]): readonly string[] {
  let total = 0;
  const buckets = counts.map((count, at) => {
    total += count;
    return line(`${name}_bucket`, { ...labels, le: at === bounds.length ? '+Inf' : String(bounds[at]) }, total);
  });
  return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, total)];
}

const line = (name: string, labels: Labels, value: number): string => `${name}{${labelText(labels)}} ${value}`;

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`)
    .join(',');
}
