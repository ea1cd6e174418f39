/** What has been seen of a stream of server-sent events. */
export interface StreamFacts {
  /** A `data: [DONE]` line came. */
  readonly isDone: boolean;
  /** Events with data, `[DONE]` aside: about one a token. */
  readonly events: number;
  /** The last complete event ended with a blank line. */
  readonly endsBetweenEvents: boolean;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const doneLine = 'data: [DONE]';
const doneLineTight = 'data:[DONE]';

/** Follows a stream byte by byte without holding it: only the head of the current line is kept. */
export class EventStreamScanner {
  #line = '';
  #isDone = false;
  #events = 0;
  #endsBetweenEvents = true;
  #isBlank = true;

  get facts(): StreamFacts {
    return { isDone: this.#isDone, events: this.#events, endsBetweenEvents: this.#endsBetweenEvents };
  }

  push(chunk: Uint8Array): void {
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (byte === carriageReturn) continue;
      if (byte === newline) this.#endLine();
      else {
        this.#isBlank = false;
        this.#endsBetweenEvents = false;
        // Enough to tell [DONE] from anything else; bytes beyond ASCII cannot be part of it.
        if (this.#line.length < doneLine.length + 1) this.#line += String.fromCharCode(byte);
      }
    }
  }

  #endLine(): void {
    if (this.#line === doneLine || this.#line === doneLineTight) this.#isDone = true;
    else if (this.#line.startsWith('data:')) this.#events++;
    this.#endsBetweenEvents = this.#isBlank;
    this.#line = '';
    this.#isBlank = true;
  }
}
