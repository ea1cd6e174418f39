import { Metrics, type Counter, type Histogram } from './metrics.ts';

/**
 * What every model server counts, under the names, types, labels and buckets of vLLM
 * (vllm/v1/metrics/loggers.py, 0.11), so that whatever scales or draws a vLLM reads this server too. A metric that a
 * server has no honest value for is absent from it.
 */
export interface ServingMetrics {
  readonly registry: Metrics;
  readonly promptTokens: Counter;
  /** Counts a request that ended, by why. */
  readonly finished: (reason: FinishedReason) => Counter;
  readonly endToEndLatency: Histogram;
  readonly queueTime: Histogram;
  readonly requestPromptTokens: Histogram;
  /** One observation an engine step: its `_count` is the engine's heartbeat. */
  readonly iterationTokens: Histogram;
}

export type FinishedReason = 'stop' | 'length' | 'abort' | 'error';
const finishedReasons: readonly FinishedReason[] = ['stop', 'length', 'abort', 'error'];

/** What only the server knows, read at each scrape. */
export interface ServingState {
  readonly running: () => number;
  readonly waiting: () => number;
}

const latencyBounds = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];

/** `contextTokens` bounds the buckets of token counts. */
export function servingMetrics(modelName: string, contextTokens: number, state: ServingState): ServingMetrics {
  const registry = new Metrics({ model_name: modelName, engine: '0' });
  registry.gauge('vllm:num_requests_running', 'Requests that the engine works on.', state.running);
  registry.gauge('vllm:num_requests_waiting', 'Requests that wait for a place.', state.waiting);
  return {
    registry,
    promptTokens: registry.counter('vllm:prompt_tokens_total', 'Tokens of prompts.'),
    finished: registry.counters(
      'vllm:request_success_total',
      'Requests that ended, by reason.',
      'finished_reason',
      finishedReasons,
    ),
    endToEndLatency: registry.histogram(
      'vllm:e2e_request_latency_seconds',
      'Seconds from the request to its last token.',
      latencyBounds,
    ),
    queueTime: registry.histogram(
      'vllm:request_queue_time_seconds',
      'Seconds that a request waited for a place.',
      latencyBounds,
    ),
    requestPromptTokens: registry.histogram(
      'vllm:request_prompt_tokens',
      'Prompt tokens a request.',
      oneTwoFive(contextTokens),
    ),
    iterationTokens: registry.histogram(
      'vllm:iteration_tokens_total',
      'Tokens an engine step.',
      [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384],
    ),
  };
}

/** 1, 2, 5, 10, 20 … up to `most`. */
export function oneTwoFive(most: number): number[] {
  const bounds: number[] = [];
  for (let power = 1; power <= most; power *= 10) {
    for (const digit of [1, 2, 5]) if (digit * power <= most) bounds.push(digit * power);
  }
  return bounds;
}
