import type { MetricSample } from './prometheus-text.ts';

/** What a model server tells of itself, whatever it calls it. Absent: this server does not export it. */
export interface ServerSignals {
  /** Requests being worked on. */
  readonly running?: number;
  /** Requests that wait inside the server. */
  readonly waiting?: number;
  /** Between 0 and 1. */
  readonly kvCacheUsage?: number;
  /** Counters since the server's start. */
  readonly promptTokens?: number;
  readonly generationTokens?: number;
}

type Signal = keyof ServerSignals;

/**
 * Older names are kept beside newer ones: servers rename their metrics, and a scaler that follows only
 * one release stands still without a word. Names: vLLM 0.9 and before, SGLang, llama.cpp's server,
 * TGI, TEI, TensorRT-LLM, Triton, and Slipway's own servers, which speak vLLM's.
 */
const names: ReadonlyMap<string, Signal> = new Map<string, Signal>([
  ['vllm:num_requests_running', 'running'],
  ['vllm:num_requests_waiting', 'waiting'],
  ['vllm:kv_cache_usage_perc', 'kvCacheUsage'],
  ['vllm:gpu_cache_usage_perc', 'kvCacheUsage'],
  ['vllm:prompt_tokens_total', 'promptTokens'],
  ['vllm:generation_tokens_total', 'generationTokens'],
  ['sglang:num_running_reqs', 'running'],
  ['sglang:num_queue_reqs', 'waiting'],
  ['sglang:token_usage', 'kvCacheUsage'],
  ['sglang:prompt_tokens_total', 'promptTokens'],
  ['sglang:generation_tokens_total', 'generationTokens'],
  ['llamacpp:requests_processing', 'running'],
  ['llamacpp:requests_deferred', 'waiting'],
  ['llamacpp:kv_cache_usage_ratio', 'kvCacheUsage'],
  ['llamacpp:prompt_tokens_total', 'promptTokens'],
  ['llamacpp:tokens_predicted_total', 'generationTokens'],
  ['tgi_batch_current_size', 'running'],
  ['tgi_queue_size', 'waiting'],
  ['te_queue_size', 'waiting'],
  ['trtllm_num_requests_running', 'running'],
  ['trtllm_num_requests_waiting', 'waiting'],
  ['trtllm_kv_cache_utilization', 'kvCacheUsage'],
  ['nv_inference_pending_request_count', 'waiting'],
]);

/** Sums over the series of a signal (several engines, several models), the largest for a share. */
export function serverSignals(samples: readonly MetricSample[]): ServerSignals {
  const found: Partial<Record<Signal, number>> = {};
  for (const { name, value } of samples) {
    const signal = names.get(name);
    if (signal === undefined || !Number.isFinite(value)) continue;
    const known = found[signal] ?? 0;
    found[signal] = signal === 'kvCacheUsage' ? Math.max(known, value) : known + value;
  }
  return found;
}
