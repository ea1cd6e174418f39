import type { Counter, Histogram, Metrics } from '../openai-http/metrics.ts';
import { oneTwoFive } from '../openai-http/serving-metrics.ts';

/** What a server counts that generates token after token; names and buckets as in serving-metrics.ts. */
export interface GenerationMetrics {
  readonly generationTokens: Counter;
  /** Tokens that were looked up in the prefix cache, and those of them that were there. */
  readonly prefixQueries: Counter;
  readonly prefixHits: Counter;
  readonly timeToFirstToken: Histogram;
  readonly interTokenLatency: Histogram;
  readonly requestGenerationTokens: Histogram;
}

export function generationMetrics(
  registry: Metrics,
  contextTokens: number,
  kvCacheUsage: () => number,
): GenerationMetrics {
  registry.gauge('vllm:kv_cache_usage_perc', 'Share of the KV cache in use; 1 is all.', kvCacheUsage);
  return {
    generationTokens: registry.counter('vllm:generation_tokens_total', 'Tokens generated.'),
    prefixQueries: registry.counter('vllm:prefix_cache_queries_total', 'Tokens looked up in the prefix cache.'),
    prefixHits: registry.counter('vllm:prefix_cache_hits_total', 'Tokens found in the prefix cache.'),
    timeToFirstToken: registry.histogram(
      'vllm:time_to_first_token_seconds',
      'Seconds from the request to its first token.',
      [
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
        2560,
      ],
    ),
    interTokenLatency: registry.histogram(
      'vllm:inter_token_latency_seconds',
      'Seconds between two tokens of a request.',
      [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80],
    ),
    requestGenerationTokens: registry.histogram(
      'vllm:request_generation_tokens',
      'Generated tokens a request.',
      oneTwoFive(contextTokens),
    ),
  };
}
