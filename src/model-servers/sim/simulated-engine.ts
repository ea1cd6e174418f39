import { setTimeout as delay } from 'node:timers/promises';
import { contextLengthExceeded } from '../completions/context-length.ts';
import type {
  ChatMessage,
  FinishReason,
  GenerateOptions,
  Piece,
  Prompt,
  TextEngine,
} from '../completions/text-engine.ts';
import { firstTokenMs, nextTokenMs, type LatencyModel } from './latency-model.ts';
import { simulatedTokens, simulatedWords } from './simulated-text.ts';

export interface SimulatedPrompt extends Prompt {
  readonly text: string;
}

export interface SimulatedEngineOptions {
  readonly latency: LatencyModel;
  readonly contextTokens: number;
  /** KV cache of the whole engine, in tokens. */
  readonly cacheTokens: number;
  /** Tokens of an answer that nothing shortens. */
  readonly answerTokens: number;
  /** Told the tokens of every step. */
  readonly onStep: (tokens: number) => void;
}

/** An engine that takes its time and says words without a meaning: for load tests without a GPU. */
export class SimulatedEngine implements TextEngine<SimulatedPrompt> {
  readonly contextTokens: number;
  readonly #options: SimulatedEngineOptions;
  #running = 0;
  #usedTokens = 0;

  constructor(options: SimulatedEngineOptions) {
    this.#options = options;
    this.contextTokens = options.contextTokens;
  }

  chatPrompt(messages: readonly ChatMessage[]): SimulatedPrompt {
    return this.textPrompt(messages.map(({ role, content }) => `${role}: ${content}`).join('\n'));
  }

  textPrompt(text: string): SimulatedPrompt {
    const tokens = simulatedTokens(text);
    if (tokens >= this.contextTokens) throw contextLengthExceeded(this.contextTokens, tokens);
    return { text, tokens, stop: [] };
  }

  kvCacheUsage(): number {
    return Math.min(1, this.#usedTokens / this.#options.cacheTokens);
  }

  async *generate(
    prompt: SimulatedPrompt,
    { maxTokens, sampling, ignoreEnd, onCached }: GenerateOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, FinishReason> {
    const { latency, answerTokens, onStep } = this.#options;
    const count = ignoreEnd ? maxTokens : Math.min(maxTokens, answerTokens);
    let held = prompt.tokens;
    this.#running++;
    this.#usedTokens += held;
    onCached?.(0);
    try {
      await delay(firstTokenMs(latency, prompt.tokens, this.#running), undefined, { signal });
      onStep(prompt.tokens);
      for (const [i, text] of simulatedWords(prompt.text, sampling.seed ?? 0, count).entries()) {
        if (i > 0) {
          await delay(nextTokenMs(latency, this.#running), undefined, { signal });
          onStep(1);
        }
        held++;
        this.#usedTokens++;
        yield { tokens: 1, text };
      }
      return count === answerTokens && !ignoreEnd ? 'stop' : 'length';
    } finally {
      this.#running--;
      this.#usedTokens -= held;
    }
  }
}
