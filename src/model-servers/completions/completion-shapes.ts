import type { FinishReason } from './text-engine.ts';

/** How one kind of completion is written: OpenAI's objects for it, whole and in chunks. */
export interface CompletionShape {
  whole(facts: Facts, text: string, finish: FinishReason, usage: Usage): object;
  /** The first chunk carries the role. */
  chunk(facts: Facts, text: string, first: boolean): object;
  /** The last chunk of the choice carries the reason and no text. */
  end(facts: Facts, finish: FinishReason): object;
  /** After the end, when asked for: no choice, only the usage. */
  usage(facts: Facts, usage: Usage): object;
}

export interface Facts {
  readonly id: string;
  /** Seconds since the Unix epoch. */
  readonly created: number;
  readonly model: string;
}

export interface Usage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

export const chatShape: CompletionShape = {
  whole: (facts, text, finish, usage) => ({
    ...head(facts, 'chat.completion'),
    choices: [
      { index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null, finish_reason: finish },
    ],
    usage: usageObject(usage),
  }),
  chunk: (facts, text, first) => ({
    ...head(facts, 'chat.completion.chunk'),
    choices: [
      {
        index: 0,
        delta: first ? { role: 'assistant', content: text } : { content: text },
        logprobs: null,
        finish_reason: null,
      },
    ],
  }),
  end: (facts, finish) => ({
    ...head(facts, 'chat.completion.chunk'),
    choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: finish }],
  }),
  usage: (facts, usage) => ({ ...head(facts, 'chat.completion.chunk'), choices: [], usage: usageObject(usage) }),
};

export const textShape: CompletionShape = {
  whole: (facts, text, finish, usage) => ({
    ...head(facts, 'text_completion'),
    choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
    usage: usageObject(usage),
  }),
  chunk: (facts, text) => ({
    ...head(facts, 'text_completion'),
    choices: [{ index: 0, text, logprobs: null, finish_reason: null }],
  }),
  end: (facts, finish) => ({
    ...head(facts, 'text_completion'),
    choices: [{ index: 0, text: '', logprobs: null, finish_reason: finish }],
  }),
  usage: (facts, usage) => ({ ...head(facts, 'text_completion'), choices: [], usage: usageObject(usage) }),
};

function head({ id, created, model }: Facts, object: string): object {
  return { id, object, created, model };
}

function usageObject({ promptTokens, cachedTokens, completionTokens }: Usage): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
