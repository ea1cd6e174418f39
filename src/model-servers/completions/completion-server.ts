import { randomUUID } from 'node:crypto';
import { EventStream } from '../openai-http/event-stream.ts';
import { checkModelName } from '../openai-http/model-name.ts';
import { sendJson, type Call, type ServedModel } from '../openai-http/model-server.ts';
import { asRequestError, RequestError } from '../openai-http/request-error.ts';
import { servingMetrics, type ServingMetrics } from '../openai-http/serving-metrics.ts';
import { AnswerRecord } from './answer-record.ts';
import { chatRequest, textRequest, type CompletionRequest } from './completion-request.ts';
import { chatShape, textShape, type CompletionShape, type Facts } from './completion-shapes.ts';
import { generationMetrics, type GenerationMetrics } from './generation-metrics.ts';
import { Places } from './places.ts';
import { StopFilter } from './stop-filter.ts';
import type { FinishReason, Prompt, TextEngine } from './text-engine.ts';

export interface CompletionServerOptions {
  readonly modelName: string;
  /** Requests that the engine works on at a time. */
  readonly parallel: number;
  /** Requests that may wait for a place; more are answered 429. */
  readonly maxWaiting: number;
  /** Tokens of an answer when the request does not say; undefined: as many as fit (chat) or 16 (text, as OpenAI). */
  readonly defaultMaxTokens?: number | undefined;
}

const textDefaultMaxTokens = 16;

/** The OpenAI completions API over an engine: checks, queues, generates, streams and counts. */
export class CompletionServer<P extends Prompt> {
  readonly metrics: ServingMetrics & GenerationMetrics;
  readonly #engine: TextEngine<P>;
  readonly #options: CompletionServerOptions;
  readonly #places: Places;

  constructor(engine: TextEngine<P>, options: CompletionServerOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#places = new Places(options.parallel, options.maxWaiting);
    const serving = servingMetrics(options.modelName, engine.contextTokens, {
      running: () => this.#places.taken,
      waiting: () => this.#places.waiting,
    });
    const generation = generationMetrics(serving.registry, engine.contextTokens, () => engine.kvCacheUsage());
    this.metrics = { ...serving, ...generation };
  }

  served(): ServedModel {
    return {
      metrics: this.metrics.registry,
      facts: { max_model_len: this.#engine.contextTokens },
      routes: {
        '/v1/chat/completions': async (call) => {
          const request = chatRequest(call.body);
          checkModelName(request.model, this.#options.modelName);
          await this.#complete(call, request, this.#engine.chatPrompt(request.messages), chatShape, 'chatcmpl');
        },
        '/v1/completions': async (call) => {
          const request = textRequest(call.body);
          checkModelName(request.model, this.#options.modelName);
          const prompt = this.#engine.textPrompt(request.prompt);
          const maxTokens = request.maxTokens ?? this.#options.defaultMaxTokens ?? textDefaultMaxTokens;
          await this.#complete(call, { ...request, maxTokens }, prompt, textShape, 'cmpl');
        },
      },
    };
  }

  async #complete(
    call: Call,
    request: CompletionRequest,
    prompt: P,
    shape: CompletionShape,
    prefix: string,
  ): Promise<void> {
    const facts: Facts = {
      id: `${prefix}-${randomUUID().replaceAll('-', '')}`,
      created: Math.floor(Date.now() / 1000),
      model: this.#options.modelName,
    };
    const stream = request.stream ? new EventStream(call.response) : undefined;
    let text = '';
    let sent = false;
    const onText = (piece: string): void => {
      if (stream === undefined) {
        text += piece;
      } else if (piece !== '' || !sent) {
        stream.send(shape.chunk(facts, piece, !sent));
        sent = true;
      }
    };
    const answer = new AnswerRecord(this.metrics, call.receivedMs, prompt.tokens);
    try {
      const finish = await this.#run(call, request, prompt, answer, onText);
      answer.ended(finish);
      if (stream === undefined) {
        sendJson(call.response, 200, shape.whole(facts, text, finish, answer.usage));
        return;
      }
      stream.send(shape.end(facts, finish));
      if (request.includeUsage) stream.send(shape.usage(facts, answer.usage));
      stream.done();
    } catch (error) {
      const gone = call.signal.aborted && !(call.signal.reason instanceof RequestError);
      answer.ended(call.signal.aborted ? 'abort' : 'error');
      if (gone) return;
      const reason = call.signal.aborted ? call.signal.reason : error;
      if (stream === undefined || !sent) throw reason;
      if (!(reason instanceof RequestError)) console.error('generation failed:', reason);
      stream.fail(asRequestError(reason));
    }
  }

  /** Waits for a place, generates, and gives the place back. */
  async #run(
    call: Call,
    request: CompletionRequest,
    prompt: P,
    answer: AnswerRecord,
    onText: (piece: string) => void,
  ): Promise<FinishReason> {
    const leave = await this.#places.take(call.signal);
    answer.started();
    const generation = this.#generate(call, request, prompt, answer);
    try {
      for (;;) {
        const next = await generation.next();
        if (next.done === true) return next.value;
        onText(next.value);
      }
    } finally {
      await generation.return('stop');
      leave();
    }
  }

  /** The texts to send, cut at stop texts, one for each token. */
  async *#generate(
    call: Call,
    request: CompletionRequest,
    prompt: P,
    answer: AnswerRecord,
  ): AsyncGenerator<string, FinishReason> {
    const room = this.#engine.contextTokens - prompt.tokens;
    const maxTokens = Math.min(request.maxTokens ?? this.#options.defaultMaxTokens ?? room, room);
    const filter = new StopFilter([...prompt.stop, ...request.stop]);
    const onCached = (tokens: number): void => answer.cached(tokens);
    const { sampling, ignoreEnd } = request;
    const pieces = this.#engine.generate(prompt, { maxTokens, sampling, ignoreEnd, onCached }, call.signal);
    try {
      for (;;) {
        const next = await pieces.next();
        call.signal.throwIfAborted();
        if (next.done === true) {
          yield filter.flush();
          return next.value;
        }
        if (next.value.tokens === 1) answer.token();
        const { text, stopped } = filter.push(next.value.text);
        yield text;
        if (stopped) return 'stop';
      }
    } finally {
      // Frees the engine's place before the server's, whatever ended the loop.
      await pieces.return('stop');
    }
  }
}
