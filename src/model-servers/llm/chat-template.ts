import { SpecialTokensText, type ChatWrapper, type LlamaModel, type LlamaText, type Token } from 'node-llama-cpp';
import type { ChatMessage } from '../completions/text-engine.ts';

/** A conversation as tokens, open at the answer, and the texts with which the template ends an answer. */
export interface RenderedChat {
  readonly tokens: readonly Token[];
  readonly stop: readonly string[];
}

/**
 * Renders conversations through the model's own template. What users write is tokenised as text and never as control
 * tokens, so that no message can end its turn or speak as another role.
 */
export class ChatTemplate {
  readonly #model: LlamaModel;
  readonly #wrapper: ChatWrapper;

  constructor(model: LlamaModel, wrapper: ChatWrapper) {
    this.#model = model;
    this.#wrapper = wrapper;
  }

  render(messages: readonly ChatMessage[]): RenderedChat {
    const state = this.#wrapper.generateContextState({
      chatHistory: [
        ...messages.map(({ role, content }) =>
          role === 'assistant' ? { type: 'model' as const, response: [content] } : { type: role, text: content },
        ),
        { type: 'model', response: [''] },
      ],
    });
    const stop = state.stopGenerationTriggers
      .flatMap(({ values }) => values)
      .filter((value) => value instanceof SpecialTokensText)
      .map(({ value }) => value.trimEnd())
      .filter((text) => text !== '' && !this.#hasControlTokens(text));
    return { tokens: this.#tokens(state.contextText), stop };
  }

  #tokens(text: LlamaText): readonly Token[] {
    const running: string[] = [];
    for (const value of text.values) {
      if (typeof value === 'string') running.push(value);
      else if (value instanceof SpecialTokensText && !this.#hasControlTokens(value.value)) running.push(value.value);
      else return text.tokenize(this.#model.tokenizer);
    }
    // Without control tokens to separate its parts the model was trained on one running text, in which a space belongs
    // to the word after it: the answer brings its own.
    return this.#model.tokenize(running.join('').trimEnd(), false);
  }

  #hasControlTokens(text: string): boolean {
    return this.#model.tokenize(text, true).some((token) => this.#model.isSpecialToken(token));
  }
}
