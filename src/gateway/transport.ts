/** How the gateway reaches a model server. Implemented by host/undici-transport.ts. */
export interface Transport {
  /** Calls of the handler: onHead once, onData any number of times, then onEnd or onError once; never synchronously. */
  send(target: Address, request: UpstreamRequest, handler: UpstreamHandler): Exchange;
}

export interface Address {
  readonly address: string;
  readonly port: number;
}

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface UpstreamHandler {
  /** Header names in lower case. */
  onHead(status: number, headers: Readonly<Record<string, string>>): void;
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  onError(failure: UpstreamFailure): void;
}

/** `connect`: nobody took the request. `reset`: the connection ended before the answer did. `timeout`: silence. */
export type UpstreamFailure = 'connect' | 'reset' | 'timeout';

export interface Exchange {
  /** Gives up; the handler hears no more. */
  abort(): void;
  /** The client is slow: read no more until resume. */
  pause(): void;
  resume(): void;
}
