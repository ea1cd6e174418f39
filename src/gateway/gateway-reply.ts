import type { LeavingSignal } from './leaving.ts';

/** The way back to the client. */
export interface Reply {
  head(status: number, headers: Readonly<Record<string, string>>): void;
  /** False when the client is slow: send no more until `onDrain`. */
  data(chunk: Uint8Array): boolean;
  /** `last`: the last piece, when nothing is to follow it. */
  end(last?: Uint8Array): void;
  /** Breaks the connection: the only way to say that an answer which has begun is not whole, where no event can. */
  destroy(): void;
  /** Hears of the next time that the client takes more; replaces the listener that there was. */
  onDrain(listener: () => void): void;
  /** Aborts when the client has gone. */
  readonly signal: LeavingSignal;
}
