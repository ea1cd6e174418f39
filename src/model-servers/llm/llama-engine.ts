import { randomInt } from 'node:crypto';
import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import { contextLengthExceeded } from '../completions/context-length.ts';
import type {
  ChatMessage,
  FinishReason,
  GenerateOptions,
  Piece,
  Prompt,
  Sampling,
  TextEngine,
} from '../completions/text-engine.ts';
import { RequestError } from '../openai-http/request-error.ts';
import type { ChatTemplate } from './chat-template.ts';
import type { ModelManifest } from './model-manifest.ts';
import { textForms, type TextForm } from './text-form.ts';
import { TokenText } from './token-text.ts';

export interface LlamaPrompt extends Prompt {
  readonly ids: readonly Token[];
  /** How the answer is spelt. */
  readonly form: TextForm;
}

export interface LlamaEngineOptions {
  readonly model: LlamaModel;
  /** With as many sequences as requests are served at a time. */
  readonly context: LlamaContext;
  /** Undefined when the model has none: then it only completes plain texts. */
  readonly template: ChatTemplate | undefined;
  readonly manifest: ModelManifest;
  readonly longestPieceBytes: number;
}

/**
 * llama.cpp behind the TextEngine port. Every running request has a sequence of one shared context; the library
 * batches their next tokens into one step (continuous batching). A sequence keeps what it has computed, and a request
 * gets the free one whose content begins like its prompt.
 */
export class LlamaEngine implements TextEngine<LlamaPrompt> {
  readonly contextTokens: number;
  readonly #options: LlamaEngineOptions;
  readonly #form: TextForm;
  readonly #free: LlamaContextSequence[];
  readonly #busy = new Set<LlamaContextSequence>();

  constructor(options: LlamaEngineOptions) {
    this.#options = options;
    const { context, manifest } = options;
    // llama.cpp keeps one cell of a sequence for itself.
    this.contextTokens = context.contextSize - 1;
    this.#form = textForms[manifest.textForm];
    this.#free = Array.from({ length: context.totalSequences }, () => context.getSequence());
  }

  chatPrompt(messages: readonly ChatMessage[]): LlamaPrompt {
    const { template, manifest } = this.#options;
    if (template === undefined) {
      throw new RequestError(400, 'the model has no chat template: use /v1/completions', { code: 'no_chat_template' });
    }
    const encoded = messages.map(({ role, content }) => ({ role, content: this.#form.encode(content) }));
    this.#checkLength(encoded.reduce((sum, { content }) => sum + content.length, 0));
    const { tokens, stop } = template.render(encoded);
    return this.#prompt(tokens, [...manifest.stop, ...stop], this.#form);
  }

  textPrompt(text: string): LlamaPrompt {
    this.#checkLength(text.length);
    return this.#prompt(this.#options.model.tokenize(text, false), [], textForms['as-is']);
  }

  kvCacheUsage(): number {
    const used = [...this.#busy].reduce((sum, { nextTokenIndex }) => sum + nextTokenIndex, 0);
    const { contextSize, totalSequences } = this.#options.context;
    return used / (contextSize * totalSequences);
  }

  /** Generates one real token: the first request must not be the one that finds out that it cannot be done. */
  async warm(): Promise<void> {
    const { bos, eos, nl } = this.#options.model.tokens;
    const id = bos ?? nl ?? eos ?? (0 as Token);
    const options = { maxTokens: 1, sampling: { temperature: 0 }, ignoreEnd: true };
    const prompt: LlamaPrompt = { tokens: 1, ids: [id], stop: [], form: textForms['as-is'] };
    for await (const _ of this.generate(prompt, options, new AbortController().signal));
  }

  async *generate(
    prompt: LlamaPrompt,
    options: GenerateOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, FinishReason> {
    const sequence = this.#takeSequence(prompt.ids);
    try {
      // The last token is always computed again: its result is what the answer begins with.
      await sequence.adaptStateToTokens(prompt.ids.slice(0, -1), false);
      options.onCached?.(sequence.nextTokenIndex);
      const rest = prompt.ids.slice(sequence.nextTokenIndex);
      const { batchSize } = this.#options.context;
      while (rest.length > batchSize) {
        await sequence.evaluateWithoutGeneratingNewTokens(rest.splice(0, batchSize));
        signal.throwIfAborted();
      }
      return yield* this.#answer(sequence, rest, prompt, options);
    } finally {
      this.#busy.delete(sequence);
      this.#free.push(sequence);
    }
  }

  async *#answer(
    sequence: LlamaContextSequence,
    rest: Token[],
    { form }: LlamaPrompt,
    { maxTokens, sampling, ignoreEnd }: GenerateOptions,
  ): AsyncGenerator<Piece, FinishReason> {
    const { model, manifest } = this.#options;
    const text = new TokenText(model);
    const decode = form.decoder();
    let count = 0;
    const sampler = samplerOptions(sampling, manifest);
    for await (const token of sequence.evaluate(rest, { ...sampler, yieldEogToken: ignoreEnd })) {
      count++;
      const piece = text.push(token);
      if (count === maxTokens) {
        yield { tokens: 1, text: decode(piece + text.flush()) };
        return 'length';
      }
      yield { tokens: 1, text: decode(piece) };
    }
    const last = text.flush();
    if (last !== '') yield { tokens: 0, text: decode(last) };
    return 'stop';
  }

  #takeSequence(ids: readonly Token[]): LlamaContextSequence {
    let best = 0;
    let bestLength = -1;
    this.#free.forEach((sequence, i) => {
      const { firstDifferentIndex } = sequence.compareContextTokens([...ids]);
      if (firstDifferentIndex > bestLength) [best, bestLength] = [i, firstDifferentIndex];
    });
    const [sequence] = this.#free.splice(best, 1);
    if (sequence === undefined) throw new Error('bug: more generations than sequences');
    this.#busy.add(sequence);
    return sequence;
  }

  #prompt(tokens: readonly Token[], stop: readonly string[], form: TextForm): LlamaPrompt {
    const { bos, shouldPrependBosToken } = this.#options.model.tokens;
    const ids = shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : [...tokens];
    if (ids.length === 0) throw new RequestError(400, 'the prompt is empty', { param: 'prompt' });
    if (ids.length >= this.contextTokens) throw contextLengthExceeded(this.contextTokens, ids.length);
    return { tokens: ids.length, ids, stop, form };
  }

  /** Refuses what cannot fit before the tokeniser spends seconds on it: no character has less than a byte. */
  #checkLength(characters: number): void {
    const least = Math.floor(characters / this.#options.longestPieceBytes);
    if (least >= this.contextTokens) throw contextLengthExceeded(this.contextTokens, least, true);
  }
}

/** The engine takes 32 unsigned bits, of which all ones mean a seed of its own choice. */
const seeds = 2 ** 32 - 1;

function samplerOptions(sampling: Sampling, manifest: ModelManifest): object {
  const { temperature = manifest.sampling.temperature ?? 1, topP = 1, topK = 0, minP = 0, seed } = sampling;
  return {
    temperature,
    topP,
    topK: Math.max(0, topK),
    minP,
    seed: seed === undefined ? randomInt(seeds) : ((seed % seeds) + seeds) % seeds,
  };
}
