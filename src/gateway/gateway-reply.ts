/** The way back to the client. */
export interface Reply {
  head(status: number, headers: Readonly<Record<string, string>>): void;
  /** False when the client is slow: send no more until `onDrain`. */
  data(chunk: Uint8Array): boolean;
  end(): void;
  onDrain(listener: () => void): void;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}
