import type { ServerResponse } from 'node:http';
import { errorBody, type RequestError } from './request-error.ts';

/**
 * Server-sent events as OpenAI streams them. Nothing is sent before the first event, so that a request that fails
 * early still gets a status code. Writes are never awaited: what a slow reader leaves unread is bounded by the
 * answer's length, and waiting would keep an engine's place from the others.
 */
export class EventStream {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  send(event: object): void {
    this.#begin();
    this.#response.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  /** The only end that says the answer is complete. */
  done(): void {
    this.#begin();
    this.#response.end('data: [DONE]\n\n');
  }

  /** Ends an answer that broke off: an error event and no `[DONE]`, so that nobody takes it for complete. */
  fail(error: RequestError): void {
    this.#begin();
    this.#response.end(`data: ${JSON.stringify(errorBody(error))}\n\n`);
  }

  #begin(): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      // nginx would gather events otherwise.
      'x-accel-buffering': 'no',
    });
  }
}
