/** Whatever turns prompts into text: llama.cpp, or a simulation. One engine serves many requests at a time. */
export interface TextEngine<P extends Prompt = Prompt> {
  /** Prompt and answer together; a prompt must be shorter. */
  readonly contextTokens: number;
  /** The prompt of a conversation. Throws RequestError 400 when it does not fit the context. */
  chatPrompt(messages: readonly ChatMessage[]): P;
  /** The prompt of a plain text. Throws RequestError 400 when it does not fit the context. */
  textPrompt(text: string): P;
  /**
   * Generates one piece a token, and returns why it ended. At most as many generations run at a time as the server has
   * places. Stops soon after `signal` aborts.
   */
  generate(prompt: P, options: GenerateOptions, signal: AbortSignal): AsyncGenerator<Piece, FinishReason>;
  /** Share of the KV cache that running requests use, 0 to 1. */
  kvCacheUsage(): number;
}

export interface Prompt {
  readonly tokens: number;
  /** Texts that end an answer, besides those of the request. */
  readonly stop: readonly string[];
}

export interface Piece {
  /** Empty when the token only begins a character that the next one completes. */
  readonly text: string;
  /** 0 when what was held back comes after the last token. */
  readonly tokens: 0 | 1;
}

export type FinishReason = 'stop' | 'length';

export interface GenerateOptions {
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** Goes on when the model says that its answer is over, for load tests that want answers of a given length. */
  readonly ignoreEnd: boolean;
  /** How many tokens of the prompt needed no work because an earlier request had the same beginning. */
  readonly onCached?: (tokens: number) => void;
}

/** What a request says; undefined leaves it to the model. Temperature 0 is greedy. */
export interface Sampling {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly minP?: number | undefined;
  readonly seed?: number | undefined;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}
