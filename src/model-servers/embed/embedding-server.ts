import { sendJson, type Call, type ServedModel } from '../openai-http/model-server.ts';
import { checkModelName } from '../openai-http/model-name.ts';
import { RequestError } from '../openai-http/request-error.ts';
import { servingMetrics, type ServingMetrics } from '../openai-http/serving-metrics.ts';
import { Batcher } from './batcher.ts';
import { embeddingRequest } from './embedding-request.ts';
import type { SentenceEncoder } from './sentence-encoder.ts';

export interface EmbeddingServerOptions {
  readonly modelName: string;
  /** Texts a batch. */
  readonly batch: number;
  /** Texts that may wait; more are answered 429. */
  readonly maxWaiting: number;
}

/** Tokens of one text. The model has no limit of its own, but its vector of a longer text says little. */
const maxTextTokens = 2048;
const maxBatchTokens = 4096;

/** The OpenAI embeddings API over a sentence encoder. */
export class EmbeddingServer {
  readonly #encoder: SentenceEncoder;
  readonly #modelName: string;
  readonly #batcher: Batcher;
  readonly #metrics: ServingMetrics;

  constructor(encoder: SentenceEncoder, { modelName, batch, maxWaiting }: EmbeddingServerOptions) {
    this.#encoder = encoder;
    this.#modelName = modelName;
    this.#batcher = new Batcher({
      run: async (texts) => await encoder.embed(texts),
      maxTexts: batch,
      maxTokens: maxBatchTokens,
      maxWaiting,
      onBatch: (tokens) => this.#metrics.iterationTokens.observe(tokens),
    });
    this.#metrics = servingMetrics(modelName, maxTextTokens, {
      running: () => this.#batcher.runningRequests,
      waiting: () => this.#batcher.waitingRequests,
    });
  }

  served(): ServedModel {
    return {
      metrics: this.#metrics.registry,
      facts: { max_model_len: maxTextTokens, dimensions: this.#encoder.dimensions },
      routes: { '/v1/embeddings': async (call) => await this.#answer(call) },
    };
  }

  async #answer({ body, response, signal, receivedMs }: Call): Promise<void> {
    const request = embeddingRequest(body, this.#encoder.dimensions);
    checkModelName(request.model, this.#modelName);
    const texts = request.input.map((text, i) => this.#tokens(text, i));
    const promptTokens = texts.reduce((sum, tokens) => sum + tokens.length, 0);
    const seconds = (): number => (performance.now() - receivedMs) / 1000;
    let vectors: readonly Float32Array[];
    try {
      vectors = await this.#batcher.embed(texts, signal, () => {
        this.#metrics.queueTime.observe(seconds());
        this.#metrics.promptTokens.add(promptTokens);
      });
    } catch (error) {
      if (signal.aborted) this.#metrics.finished('abort').add();
      // A client that is gone gets no answer.
      if (signal.aborted && !(signal.reason instanceof RequestError)) return;
      throw error;
    }
    this.#metrics.finished('stop').add();
    this.#metrics.endToEndLatency.observe(seconds());
    this.#metrics.requestPromptTokens.observe(promptTokens);
    sendJson(response, 200, {
      object: 'list',
      data: vectors.map((vector, index) => ({
        object: 'embedding',
        index,
        embedding: request.base64 ? base64(vector) : Array.from(vector),
      })),
      model: this.#modelName,
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    });
  }

  #tokens(text: string, index: number): readonly number[] {
    const { tokenizer } = this.#encoder;
    // Some characters become fewer when normalised, but never four times fewer.
    const isHopeless = text.length > 4 * maxTextTokens * tokenizer.longestPiece;
    const tokens = isHopeless ? undefined : tokenizer.encode(text);
    if (tokens !== undefined && tokens.length <= maxTextTokens) return tokens;
    throw new RequestError(
      400,
      `input[${index}]: This model's maximum context length is ${maxTextTokens} tokens; the text has ${tokens?.length ?? 'many more'}.`,
      { param: `input[${index}]`, code: 'context_length_exceeded' },
    );
  }
}

/** 32-bit floats, little-endian, as OpenAI's clients read them. */
function base64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes.toString('base64');
}
