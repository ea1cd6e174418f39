/** One request to the API server, already read from the wire; `host/` fills it in from HTTP. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly user: UserInfo;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

export interface UserInfo {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream for watches and followed logs; each chunk is flushed at once. */
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>;
}
