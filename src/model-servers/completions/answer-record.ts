import type { FinishedReason, ServingMetrics } from '../openai-http/serving-metrics.ts';
import type { Usage } from './completion-shapes.ts';
import type { GenerationMetrics } from './generation-metrics.ts';

/** The counts and times of one answer. */
export class AnswerRecord {
  readonly #metrics: ServingMetrics & GenerationMetrics;
  readonly #receivedMs: number;
  readonly #promptTokens: number;
  #startedMs: number | undefined;
  #lastTokenMs: number | undefined;
  #cachedTokens = 0;
  #completionTokens = 0;

  constructor(metrics: ServingMetrics & GenerationMetrics, receivedMs: number, promptTokens: number) {
    this.#metrics = metrics;
    this.#receivedMs = receivedMs;
    this.#promptTokens = promptTokens;
  }

  get usage(): Usage {
    return {
      promptTokens: this.#promptTokens,
      cachedTokens: this.#cachedTokens,
      completionTokens: this.#completionTokens,
    };
  }

  started(): void {
    this.#startedMs = performance.now();
    this.#metrics.queueTime.observe((this.#startedMs - this.#receivedMs) / 1000);
    this.#metrics.promptTokens.add(this.#promptTokens);
  }

  cached(tokens: number): void {
    this.#metrics.prefixQueries.add(this.#promptTokens);
    this.#metrics.prefixHits.add(tokens);
    this.#cachedTokens = tokens;
  }

  token(): void {
    const now = performance.now();
    if (this.#lastTokenMs === undefined) this.#metrics.timeToFirstToken.observe((now - this.#receivedMs) / 1000);
    else this.#metrics.interTokenLatency.observe((now - this.#lastTokenMs) / 1000);
    this.#lastTokenMs = now;
    this.#completionTokens++;
    this.#metrics.generationTokens.add();
  }

  /** A request that was refused before it got a place is not counted. */
  ended(reason: FinishedReason): void {
    if (this.#startedMs === undefined && reason === 'error') return;
    this.#metrics.finished(reason).add();
    if (reason === 'abort' || reason === 'error') return;
    this.#metrics.endToEndLatency.observe((performance.now() - this.#receivedMs) / 1000);
    this.#metrics.requestPromptTokens.observe(this.#promptTokens);
    this.#metrics.requestGenerationTokens.observe(this.#completionTokens);
  }
}
