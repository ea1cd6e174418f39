/** What an answer cost, where it tells. */
export interface TokenUsage {
  readonly prompt?: number | undefined;
  readonly completion?: number | undefined;
}

/** Follows the events of one streamed answer. */
export class StreamReader {
  #isDone = false;
  #isError = false;
  #pieces = 0;
  #usage: TokenUsage = {};

  /** `[DONE]` came: the only end that says the answer is complete. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The last event was an error that the server itself reported. */
  get isError(): boolean {
    return this.#isError;
  }

  /** Pieces of the answer so far: about one a token. */
  get pieces(): number {
    return this.#pieces;
  }

  get usage(): TokenUsage {
    return { prompt: this.#usage.prompt, completion: this.#usage.completion ?? this.#pieces };
  }

  /** `event` as it came, with its line ends. */
  read(event: string): void {
    const data = dataOf(event);
    if (data === undefined) return;
    if (data === '[DONE]') {
      this.#isDone = true;
      return;
    }
    this.#isError = /^\{\s*"error"\s*:/.test(data);
    if (hasText.test(data)) this.#pieces++;
    if (data.includes('"usage"')) this.#usage = usageOf(parsed(data)) ?? this.#usage;
  }
}

/** A delta with text, or a tool call's arguments. */
const hasText = /"(?:content|text|reasoning_content|arguments)"\s*:\s*"[^"]/;

/** The data of an event with one data line, as all servers write them. */
function dataOf(event: string): string | undefined {
  let at = 0;
  while (!event.startsWith('data:', at)) {
    at = event.indexOf('\n', at) + 1;
    if (at === 0) return undefined;
  }
  const end = event.indexOf('\n', at);
  return event.slice(at + 'data:'.length, end === -1 ? undefined : end).trim();
}

/** The usage of a stream's last piece. */
function usageOf(answer: unknown): TokenUsage | undefined {
  if (typeof answer !== 'object' || answer === null || !('usage' in answer)) return undefined;
  const { usage } = answer;
  if (typeof usage !== 'object' || usage === null) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion } = usage as Readonly<Record<string, unknown>>;
  return { prompt: countOf(prompt), completion: countOf(completion) };
}

const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** The usage of a whole answer, which servers put at its end; reading the rest of a large one would cost more than it tells. */
export function usageAtEnd(body: Uint8Array): TokenUsage {
  const tail = decoder.decode(body.subarray(Math.max(0, body.length - tailBytes)));
  const at = tail.lastIndexOf('"usage"');
  if (at === -1) return {};
  const usage = tail.slice(at);
  const count = (pattern: RegExp): number | undefined => {
    const digits = pattern.exec(usage)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  return { prompt: count(promptTokens), completion: count(completionTokens) };
}

const tailBytes = 2 * 1024;
const decoder = new TextDecoder();
const promptTokens = /"prompt_tokens"\s*:\s*([0-9]{1,15})\b/;
const completionTokens = /"completion_tokens"\s*:\s*([0-9]{1,15})\b/;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
