type Labels = Readonly<Record<string, string>>;

/** Seconds; from a token's time to a long wait for a cold start. */
const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] as const;

interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
}

const families: Readonly<Record<string, Family>> = {
  slipway_gateway_requests_total: { type: 'counter', help: 'Requests answered, by status code.' },
  slipway_gateway_retries_total: { type: 'counter', help: 'Tries that failed and were sent to another replica.' },
  slipway_gateway_broken_streams_total: { type: 'counter', help: 'Streams that broke after their first byte.' },
  slipway_gateway_tokens_total: { type: 'counter', help: 'Events of streams passed on: about one a token.' },
  slipway_gateway_in_flight: { type: 'gauge', help: 'Requests at a replica now.' },
  slipway_gateway_held: { type: 'gauge', help: 'Requests that wait for a replica now.' },
  slipway_gateway_ttft_seconds: {
    type: 'histogram',
    help: 'From the request to the first byte of the answer, holding included.',
  },
  slipway_gateway_request_seconds: { type: 'histogram', help: 'From the request to the last byte of the answer.' },
};

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Counters and histograms of the gateway in Prometheus' text form; gauges are asked for when it is written. */
export class GatewayMetrics {
  readonly #counters = new Map<string, number>();
  readonly #histograms = new Map<string, Histogram>();

  count(name: string, labels: Labels, by = 1): void {
    const series = seriesOf(name, labels);
    this.#counters.set(series, (this.#counters.get(series) ?? 0) + by);
  }

  observe(name: string, labels: Labels, seconds: number): void {
    const series = seriesOf(name, labels);
    let histogram = this.#histograms.get(series);
    if (histogram === undefined) {
      histogram = { counts: latencyBuckets.map(() => 0), sum: 0, count: 0 };
      this.#histograms.set(series, histogram);
    }
    histogram.sum += seconds;
    histogram.count++;
    for (const [index, bound] of latencyBuckets.entries())
      if (seconds <= bound) histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
  }

  text(gauges: readonly { readonly name: string; readonly labels: Labels; readonly value: number }[]): string {
    const lines: string[] = [];
    for (const [name, { type, help }] of Object.entries(families)) {
      const body = this.#linesOf(name, type, gauges);
      if (body.length > 0) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...body);
    }
    return `${lines.join('\n')}\n`;
  }

  #linesOf(
    name: string,
    type: Family['type'],
    gauges: readonly { readonly name: string; readonly labels: Labels; readonly value: number }[],
  ): string[] {
    if (type === 'gauge')
      return gauges
        .filter((gauge) => gauge.name === name)
        .map(({ labels, value }) => `${seriesOf(name, labels)} ${value}`);
    if (type === 'counter')
      return [...this.#counters]
        .filter(([series]) => isOf(series, name))
        .map(([series, value]) => `${series} ${value}`);
    return [...this.#histograms]
      .filter(([series]) => isOf(series, name))
      .flatMap(([series, histogram]) => histogramLines(name, series, histogram));
  }
}

const isOf = (series: string, name: string): boolean => series.startsWith(`${name}{`);

function seriesOf(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([key, value]) => `${key}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return `${name}{${pairs.join(',')}}`;
}

function histogramLines(name: string, series: string, { counts, sum, count }: Histogram): string[] {
  const labels = series.slice(name.length + 1, -1);
  const prefix = labels === '' ? '' : `${labels},`;
  return [
    ...latencyBuckets.map((bound, index) => `${name}_bucket{${prefix}le="${bound}"} ${counts[index]}`),
    `${name}_bucket{${prefix}le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${count}`,
  ];
}
