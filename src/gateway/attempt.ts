import { EventStreamScanner } from './event-stream.ts';
import type { Exchange, UpstreamHandler } from './transport.ts';
import type { Reply } from './gateway-reply.ts';

export type AttemptEnd =
  /** Nothing has reached the client: another replica may try. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'answered'; readonly status: number; readonly events: number }
  /** The stream broke after its first byte; the client was told. */
  | { readonly kind: 'broken'; readonly status: number; readonly events: number }
  | { readonly kind: 'gone' };

export interface AttemptOptions {
  readonly isStream: boolean;
  readonly reply: Reply;
  /** Whether an answer with this status says that another replica should be asked. */
  readonly isRetriable: (status: number) => boolean;
  /** Added to the answer's own. */
  readonly headers: () => Readonly<Record<string, string>>;
  readonly onFirstByte: () => void;
}

/** An answer that is not streamed is held whole; a larger one is not an answer of a model. */
const maxHeldBytes = 32 * 1024 * 1024;
/** What of the answer's headers is the client's business. */
const passedHeaders = ['content-type', 'retry-after', 'x-request-id', 'x-slipway-reason'];

/**
 * One try at one replica. The commit point is the first byte to the client: a stream commits with its
 * first chunk, anything else when it is whole.
 */
export class Attempt {
  readonly #options: AttemptOptions;

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  run(send: (handler: UpstreamHandler) => Exchange): Promise<AttemptEnd> {
    const { reply, isRetriable } = this.#options;
    return new Promise((resolve) => {
      let exchange: Exchange | undefined;
      let hasEnded = false;
      const end = (how: AttemptEnd): void => {
        if (hasEnded) return;
        hasEnded = true;
        reply.signal.removeEventListener('abort', gone);
        resolve(how);
      };
      const gone = (): void => {
        exchange?.abort();
        end({ kind: 'gone' });
      };
      if (reply.signal.aborted) return end({ kind: 'gone' });
      reply.signal.addEventListener('abort', gone, { once: true });
      let sink: Sink | undefined;
      exchange = send({
        onHead: (status, headers) => {
          const isStream =
            this.#options.isStream && status === 200 && (headers['content-type'] ?? '').startsWith('text/event-stream');
          if (isRetriable(status)) {
            exchange?.abort();
            return end({ kind: 'failed', message: `status ${status}` });
          }
          sink = isStream ? this.#streamSink(status, headers) : this.#wholeSink(status, headers);
        },
        onData: (chunk) => {
          if (hasEnded || sink === undefined) return;
          const flow = sink.data(chunk);
          if (flow === 'overflow') {
            exchange?.abort();
            end({ kind: 'failed', message: 'the answer is too large' });
          } else if (flow === 'slow') exchange?.pause();
        },
        onEnd: () => end(sink?.end() ?? { kind: 'failed', message: 'no answer' }),
        onError: (message) => end(sink?.broken(message) ?? { kind: 'failed', message }),
      });
      reply.onDrain(() => exchange?.resume());
    });
  }

  /** Holds the answer until it is whole. */
  #wholeSink(status: number, headers: Readonly<Record<string, string>>): Sink {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    return {
      data(chunk) {
        bytes += chunk.length;
        if (bytes > maxHeldBytes) return 'overflow';
        chunks.push(chunk);
        return 'ok';
      },
      end: () => {
        this.#commit(status, { ...headers, 'content-length': String(bytes) });
        for (const chunk of chunks) this.#options.reply.data(chunk);
        this.#options.reply.end();
        return { kind: 'answered', status, events: 0 };
      },
      broken: (message) => ({ kind: 'failed', message }),
    };
  }

  /** Passes every chunk on at once. */
  #streamSink(status: number, headers: Readonly<Record<string, string>>): Sink {
    const { reply } = this.#options;
    const scanner = new EventStreamScanner();
    let hasCommitted = false;
    const breakOff = (message: string): AttemptEnd => {
      if (!hasCommitted) return { kind: 'failed', message };
      const { events, endsBetweenEvents } = scanner.facts;
      const error = JSON.stringify({
        error: {
          message: 'the model server broke off in the middle of its answer',
          type: 'server_error',
          code: 'stream_broken',
          param: null,
        },
      });
      // A half event is ended first, or the error would be read as a part of it.
      reply.data(new TextEncoder().encode(`${endsBetweenEvents ? '' : '\n\n'}data: ${error}\n\n`));
      reply.end();
      return { kind: 'broken', status, events };
    };
    return {
      data: (chunk) => {
        if (!hasCommitted) {
          hasCommitted = true;
          this.#commit(status, { ...headers, 'cache-control': 'no-cache', 'x-accel-buffering': 'no' });
        }
        scanner.push(chunk);
        return reply.data(chunk) ? 'ok' : 'slow';
      },
      end: () => {
        if (!scanner.facts.isDone) return breakOff('the stream ended without [DONE]');
        reply.end();
        return { kind: 'answered', status, events: scanner.facts.events };
      },
      broken: breakOff,
    };
  }

  #commit(status: number, headers: Readonly<Record<string, string>>): void {
    const passed: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      if (
        passedHeaders.includes(name) ||
        name === 'content-length' ||
        name === 'cache-control' ||
        name === 'x-accel-buffering'
      )
        passed[name] = value;
    }
    this.#options.reply.head(status, { ...passed, ...this.#options.headers() });
    this.#options.onFirstByte();
  }
}

interface Sink {
  data(chunk: Uint8Array): 'ok' | 'slow' | 'overflow';
  end(): AttemptEnd;
  broken(message: string): AttemptEnd;
}
