import { type GatewayMetrics, type Series, observe } from './gateway-metrics.ts';
import type { TokenUsage } from './stream-reader.ts';

type ModelLabels = Readonly<Record<'namespace' | 'inference', string>>;

/** What is measured of one model: its series, looked up once and not by their labels for every request. */
export class ModelMeters {
  readonly #metrics: GatewayMetrics;
  readonly #labels: ModelLabels;
  readonly #byCode = new Map<string, Series>();
  #firstToken: Series | undefined;
  #whole: Series | undefined;
  #prompt: Series | undefined;
  #completion: Series | undefined;

  /** Empty labels: of requests whose model is not known. */
  constructor(metrics: GatewayMetrics, { namespace, inference }: ModelLabels) {
    this.#metrics = metrics;
    this.#labels = { namespace, inference };
  }

  answered(code: string): void {
    let series = this.#byCode.get(code);
    if (series === undefined) {
      series = this.#metrics.series('slipway_gateway_requests_total', { ...this.#labels, code });
      this.#byCode.set(code, series);
    }
    series.value++;
  }

  tookWhole(seconds: number): void {
    this.#whole ??= this.#metrics.series('slipway_gateway_request_seconds', this.#labels);
    observe(this.#whole, seconds);
  }

  tookToFirstToken(seconds: number): void {
    this.#firstToken ??= this.#metrics.series('slipway_gateway_ttft_seconds', this.#labels);
    observe(this.#firstToken, seconds);
  }

  used({ prompt = 0, completion = 0 }: TokenUsage): void {
    this.#prompt ??= this.#tokens('prompt');
    this.#completion ??= this.#tokens('completion');
    this.#prompt.value += prompt;
    this.#completion.value += completion;
  }

  brokeOff(): void {
    this.#metrics.count('slipway_gateway_broken_streams_total', this.#labels);
  }

  triedAgain(): void {
    this.#metrics.count('slipway_gateway_retries_total', this.#labels);
  }

  #tokens(direction: 'prompt' | 'completion'): Series {
    return this.#metrics.series('slipway_gateway_tokens_total', { ...this.#labels, direction });
  }
}
