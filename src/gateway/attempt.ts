import type { Clock, Timer } from '../std/clock.ts';
import { EventSplitter, EventTooLong } from './event-splitter.ts';
import type { Reply } from './gateway-reply.ts';
import type { LeavingSignal } from './leaving.ts';
import type { GatewayLimits } from './limits.ts';
import { StreamReader, type TokenUsage, usageAtEnd } from './stream-reader.ts';
import type { Exchange, UpstreamFailure, UpstreamHandler } from './transport.ts';

/** A whole answer that could be given in the end, though another replica should be asked first. */
export interface HeldAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type AttemptEnd =
  /** Nothing has reached the client. */
  | { readonly kind: 'failed'; readonly failure: UpstreamFailure | 'status'; readonly answer?: HeldAnswer }
  | { readonly kind: 'answered'; readonly status: number; readonly usage: TokenUsage }
  /** It broke after its first byte; the client was told. */
  | { readonly kind: 'broken'; readonly status: number; readonly usage: TokenUsage }
  /** The client went away, or stopped reading. */
  | { readonly kind: 'gone' }
  /** The gateway gave it up before anything reached the client. */
  | { readonly kind: 'abandoned' };

export interface AttemptOptions {
  readonly isStream: boolean;
  readonly reply: Reply;
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  /** Aborts when the gateway gives up what it has in flight. */
  readonly abandon: LeavingSignal;
  /** Added to the answer's own. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** The first text of the answer passes. */
  readonly onFirstToken: () => void;
  /** From here on there is no other try. */
  readonly onCommit: () => void;
}

/** These say that another replica might do better. */
const retried = new Set([502, 503, 504]);
/** What of an answer's headers is the client's business; connection and framing are between each two hops. */
const passedHeaders = ['content-type', 'retry-after', 'x-request-id', 'x-slipway-reason'];
/** Of an answer that is only kept in case nobody does better. */
const heldAnswerBytes = 64 * 1024;

/**
 * One try at one replica. Its commit point is the first byte to the client: of a stream the first whole event, of
 * anything else the whole answer, or as much as is buffered. Before it everything can be tried again; after it a break
 * is told in-band, and never looks like an end.
 */
export function attempt(options: AttemptOptions, send: (handler: UpstreamHandler) => Exchange): Promise<AttemptEnd> {
  const { reply, abandon, clock, limits } = options;
  return new Promise((resolve) => {
    let sink: Sink | undefined;
    let exchange: Exchange | undefined;
    let stall: Timer | undefined;
    let isOver = false;
    const finish = (end: AttemptEnd): void => {
      if (isOver) return;
      isOver = true;
      stall?.cancel();
      reply.signal.removeEventListener('abort', onGone);
      abandon.removeEventListener('abort', onAbandon);
      resolve(end);
    };
    const giveUp = (end: () => AttemptEnd): void => {
      if (isOver) return;
      exchange?.abort();
      finish(end());
    };
    const onGone = (): void => giveUp(() => ({ kind: 'gone' }));
    const onAbandon = (): void => giveUp(() => sink?.broken('reset', true) ?? { kind: 'abandoned' });
    const onDrain = (): void => {
      stall?.cancel();
      stall = undefined;
      exchange?.resume();
    };
    const flow = (isFlowing: boolean): void => {
      if (isFlowing || isOver) return;
      exchange?.pause();
      reply.onDrain(onDrain);
      stall ??= clock.after(limits.clientStallMs, () => {
        reply.destroy();
        onGone();
      });
    };
    if (reply.signal.aborted) return finish({ kind: 'gone' });
    if (abandon.aborted) return finish({ kind: 'abandoned' });
    reply.signal.addEventListener('abort', onGone, { once: true });
    abandon.addEventListener('abort', onAbandon, { once: true });
    exchange = send({
      onHead(status, headers) {
        const type = headers['content-type'] ?? '';
        if (retried.has(status)) sink = keptSink(status, headers);
        else if (options.isStream && type.startsWith('text/event-stream')) sink = streamSink(options, status, headers);
        else sink = wholeSink(options, status, headers);
      },
      onData(chunk) {
        if (isOver || sink === undefined) return;
        const result = sink.data(chunk);
        if (typeof result === 'boolean') flow(result);
        else giveUp(() => result);
      },
      onEnd: () => finish(sink?.end() ?? { kind: 'failed', failure: 'reset' }),
      onError: (failure) => finish(sink?.broken(failure, false) ?? { kind: 'failed', failure }),
    });
  });
}

interface Sink {
  /** Whether the client takes more, or how the attempt ends here. */
  data(chunk: Uint8Array): boolean | AttemptEnd;
  end(): AttemptEnd;
  /** `isAbandoned`: by the gateway itself, which tries nothing more. */
  broken(failure: UpstreamFailure, isAbandoned: boolean): AttemptEnd;
}

const uncommitted = (failure: UpstreamFailure, isAbandoned: boolean): AttemptEnd =>
  isAbandoned ? { kind: 'abandoned' } : { kind: 'failed', failure };

function passed(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of passedHeaders) {
    const value = headers[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** Passes whole events on as they come. */
function streamSink(
  { reply, limits, headers: added, onFirstToken, onCommit }: AttemptOptions,
  status: number,
  headers: Readonly<Record<string, string>>,
): Sink {
  const splitter = new EventSplitter({ maxBytes: limits.eventBytes });
  const reader = new StreamReader();
  let isCommitted = false;
  const answered = (): AttemptEnd => ({ kind: 'answered', status, usage: reader.usage });
  const breakOff = (failure: UpstreamFailure, isAbandoned: boolean): AttemptEnd => {
    if (!isCommitted) return uncommitted(failure, isAbandoned);
    // The server has said it itself.
    reply.end(reader.isError ? undefined : new TextEncoder().encode(`data: ${brokenBody(isAbandoned)}\n\n`));
    return { kind: 'broken', status, usage: reader.usage };
  };
  return {
    data(chunk) {
      if (reader.isDone) return true;
      let whole;
      try {
        whole = splitter.push(chunk);
      } catch (error) {
        if (error instanceof EventTooLong) return breakOff('reset', false);
        throw error;
      }
      if (whole === undefined) return true;
      if (!isCommitted) {
        isCommitted = true;
        onCommit();
        // Proxies in between would gather events otherwise.
        reply.head(status, { ...passed(headers), 'cache-control': 'no-cache', 'x-accel-buffering': 'no', ...added() });
      }
      const before = reader.pieces;
      for (const event of whole.events) reader.read(event);
      if (before === 0 && reader.pieces > 0) onFirstToken();
      if (!reader.isDone) return reply.data(whole.bytes);
      // The client has all; the server's end is awaited only to keep the connection.
      reply.end(whole.bytes);
      return true;
    },
    end: () => (reader.isDone ? answered() : breakOff('reset', false)),
    broken: (failure, isAbandoned) => (reader.isDone ? answered() : breakOff(failure, isAbandoned)),
  };
}

/** Keeps an answer until it is whole; one that is too large for that goes through as it comes. */
function wholeSink(
  { reply, limits, headers: added, onFirstToken, onCommit }: AttemptOptions,
  status: number,
  headers: Readonly<Record<string, string>>,
): Sink {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let isCommitted = false;
  const commit = (length: Readonly<Record<string, string>>): void => {
    isCommitted = true;
    onCommit();
    onFirstToken();
    reply.head(status, { ...passed(headers), ...length, ...added() });
  };
  return {
    data(chunk) {
      if (isCommitted) return reply.data(chunk);
      chunks.push(chunk);
      size += chunk.length;
      if (size <= limits.bufferedAnswerBytes) return true;
      const length = headers['content-length'];
      commit(length === undefined ? {} : { 'content-length': length });
      return reply.data(joined(chunks.splice(0)));
    },
    end() {
      if (isCommitted) {
        reply.end();
        return { kind: 'answered', status, usage: {} };
      }
      const body = joined(chunks);
      commit({ 'content-length': String(body.length) });
      reply.end(body);
      return { kind: 'answered', status, usage: usageAtEnd(body) };
    },
    broken(failure, isAbandoned) {
      if (!isCommitted) return uncommitted(failure, isAbandoned);
      reply.destroy();
      return { kind: 'broken', status, usage: {} };
    },
  };
}

/** Keeps an answer that nobody wants unless nobody gives a better one. */
function keptSink(status: number, headers: Readonly<Record<string, string>>): Sink {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const failed = (): AttemptEnd => ({
    kind: 'failed',
    failure: 'status',
    answer: { status, headers: passed(headers), body: joined(chunks) },
  });
  return {
    data(chunk) {
      size += chunk.length;
      if (size > heldAnswerBytes) return { kind: 'failed', failure: 'status' };
      chunks.push(chunk);
      return true;
    },
    end: failed,
    broken: (_failure, isAbandoned) => (isAbandoned ? { kind: 'abandoned' } : { kind: 'failed', failure: 'status' }),
  };
}

function brokenBody(isAbandoned: boolean): string {
  const message = isAbandoned
    ? 'the gateway shut down before the answer was complete'
    : 'the model server broke off before the answer was complete';
  return JSON.stringify({ error: { message, type: 'server_error', param: null, code: 'incomplete_answer' } });
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(chunks.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
