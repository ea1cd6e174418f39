import type { Pod } from '../../api/schema/core-v1.ts';
import type { Component } from '../../machinery/controller.ts';
import type { Lister } from '../../machinery/lister.ts';
import type { Log } from '../../machinery/log.ts';
import { type Clock, sleep } from '../../std/clock.ts';
import { type MetricSample, parsePrometheusText } from './prometheus-text.ts';
import { type ScrapeTarget, scrapeTarget } from './scrape-target.ts';

/** Reads a URL of a pod over HTTP. Implemented by host/http-get.ts. */
export interface HttpGet {
  /** The body as text. Rejects on failure, a status other than 200, a timeout, or a body beyond `maxBytes`. */
  get(
    target: { readonly host: string; readonly port: number; readonly path: string },
    options: { readonly timeoutMs: number; readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<string>;
}

/** What one pod told last. */
export interface PodScrape {
  readonly pod: Pod;
  readonly samples: readonly MetricSample[];
  readonly types: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Growth a second of the counters between the last two scrapes, by series; a counter that went back began at zero. */
  readonly rates: ReadonlyMap<string, number>;
}

export interface ScraperOptions {
  readonly http: HttpGet;
  readonly pods: Lister<Pod>;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** Scrapes under way at once over all pods. */
  readonly concurrency?: number;
  /** Called once a round, with what is known then. */
  readonly onRound?: (scrapes: readonly PodScrape[], now: number) => void;
}

/** After so many intervals without a fresh scrape, a pod's metrics are no longer believed. */
const staleIntervals = 3;

/**
 * Reads the metrics of every pod that asks for it, each on its own: one that hangs delays nobody, and is
 * asked again only when its last answer has come or timed out.
 */
export class Scraper implements Component {
  readonly name = 'scraper';
  readonly intervalMs: number;
  readonly #http: HttpGet;
  readonly #pods: Lister<Pod>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timeoutMs: number;
  readonly #maxBytes: number;
  readonly #concurrency: number;
  readonly #onRound: (scrapes: readonly PodScrape[], now: number) => void;
  readonly #scrapes = new Map<string, PodScrape>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #waiting: ScrapeTarget[] = [];
  readonly #failing = new Set<string>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }, options: ScraperOptions) {
    this.intervalMs = options.intervalMs ?? 2_000;
    this.#http = options.http;
    this.#pods = options.pods;
    this.#clock = clock;
    this.#log = log.with({ component: this.name });
    this.#timeoutMs = options.timeoutMs ?? Math.ceil(this.intervalMs * 0.75);
    this.#maxBytes = options.maxBytes ?? 4 * 1024 * 1024;
    this.#concurrency = options.concurrency ?? 32;
    this.#onRound = options.onRound ?? (() => {});
  }

  /** What is known and fresh enough, in no order. */
  fresh(): readonly PodScrape[] {
    const oldest = this.#clock.now() - staleIntervals * this.intervalMs;
    return [...this.#scrapes.values()].filter(({ at }) => at >= oldest);
  }

  async start(): Promise<void> {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all(this.#busy.values());
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#round();
      await sleep(this.#clock, this.intervalMs, signal);
    }
  }

  #round(): void {
    const targets = this.#pods.list().flatMap((pod) => scrapeTarget(pod) ?? []);
    const known = new Set(targets.map(({ uid }) => uid));
    for (const uid of this.#scrapes.keys()) if (!known.has(uid)) this.#scrapes.delete(uid);
    for (const uid of this.#failing) if (!known.has(uid)) this.#failing.delete(uid);
    this.#onRound(this.fresh(), this.#clock.now());
    this.#waiting.splice(0, this.#waiting.length, ...targets.filter(({ uid }) => !this.#busy.has(uid)));
    this.#next();
  }

  #next(): void {
    while (this.#busy.size < this.#concurrency && !this.#stopping.signal.aborted) {
      const target = this.#waiting.shift();
      if (target === undefined) return;
      const scraping = this.#scrape(target).finally(() => {
        this.#busy.delete(target.uid);
        this.#next();
      });
      this.#busy.set(target.uid, scraping);
    }
  }

  async #scrape(target: ScrapeTarget): Promise<void> {
    const { uid, pod } = target;
    const { signal } = this.#stopping;
    try {
      const text = await this.#http.get(target, { timeoutMs: this.#timeoutMs, maxBytes: this.#maxBytes, signal });
      const { samples, types } = parsePrometheusText(text);
      const at = this.#clock.now();
      const rates = ratesBetween(this.#scrapes.get(uid), { samples, types, at });
      this.#scrapes.set(uid, { pod, samples, types, at, rates });
      this.#failing.delete(uid);
    } catch (error) {
      if (signal.aborted || this.#failing.has(uid)) return;
      // Said once, not every two seconds: a model that loads has no metrics for minutes.
      this.#failing.add(uid);
      this.#log.info('a pod tells no metrics', {
        pod: `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`,
        why: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

/** How a series is told apart: its name and its labels in order. */
export function seriesKey({ name, labels }: MetricSample): string {
  const keys = Object.keys(labels).toSorted();
  return JSON.stringify([name, ...keys.flatMap((key) => [key, labels[key]])]);
}

function ratesBetween(
  before: PodScrape | undefined,
  { samples, types, at }: Pick<PodScrape, 'samples' | 'types' | 'at'>,
): ReadonlyMap<string, number> {
  if (before === undefined || at <= before.at) return new Map();
  const values = new Map(
    before.samples
      .filter(({ name }) => isCounter(name, before.types))
      .map((sample) => [seriesKey(sample), sample.value]),
  );
  const rates = new Map<string, number>();
  for (const sample of samples) {
    if (!isCounter(sample.name, types) || !Number.isFinite(sample.value)) continue;
    const key = seriesKey(sample);
    const value = values.get(key);
    if (value === undefined || !Number.isFinite(value)) continue;
    const growth = sample.value >= value ? sample.value - value : sample.value;
    rates.set(key, growth / ((at - before.at) / 1000));
  }
  return rates;
}

/** OpenMetrics names the family without `_total`, the older format with it. */
export function isCounter(name: string, types: ReadonlyMap<string, string>): boolean {
  return types.get(name) === 'counter' || types.get(name.replace(/_total$/, '')) === 'counter';
}
