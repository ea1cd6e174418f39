import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Gateway, refuse } from '../gateway/gateway.ts';
import { GatewayError } from '../gateway/gateway-error.ts';
import type { Reply } from '../gateway/gateway-reply.ts';
import { Leaving } from '../gateway/leaving.ts';
import { type GuardOptions, guardRequest, loopbackNames } from '../gateway/request-guard.ts';
import type { Log } from '../machinery/log.ts';

export interface GatewayServerOptions {
  readonly gateway: Gateway;
  readonly log: Log;
  /** A loopback address: keys and TLS, which others would need, there are none yet. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** More `host:port` that clients may write. */
  readonly allowedHosts?: readonly string[];
}

/** What is read and thrown away of a refused body, so that the answer is not lost to a reset. */
const discardedBytes = 32 * 1024 * 1024;
/** Nor longer than this. */
const discardMs = 5_000;

/** The gateway's ear on the machine: HTTP/1.1 with limits, exact names, and nothing handed on unread. */
export class GatewayServer {
  readonly #gateway: Gateway;
  readonly #log: Log;
  readonly #server: Server;
  #names: GuardOptions = { hosts: new Set(), origins: new Set() };
  #isClosing = false;

  private constructor({ gateway, log }: GatewayServerOptions) {
    this.#gateway = gateway;
    this.#log = log;
    const { headerBytes, requestMs } = gateway.limits;
    const options = {
      maxHeaderSize: headerBytes,
      headersTimeout: Math.min(10_000, requestMs),
      requestTimeout: requestMs,
      // How often Node looks for connections that are too slow.
      connectionsCheckingInterval: Math.min(5_000, requestMs),
      keepAliveTimeout: 65_000,
      noDelay: true,
    };
    this.#server = createServer(options, (request, response) => this.#receive(request, response, () => {}));
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.#receive(request, response, () => response.writeContinue()),
    );
  }

  /** Rejects when the address is not loopback or cannot be had. */
  static async listen(options: GatewayServerOptions): Promise<GatewayServer> {
    const { host, port, allowedHosts = [] } = options;
    if (!isLoopback(host))
      throw new Error(`${host} is no loopback address, and there are neither keys nor TLS to guard another`);
    const self = new GatewayServer(options);
    await new Promise<void>((resolve, reject) => {
      self.#server.once('error', reject);
      self.#server.listen(port, host, () => resolve());
    });
    self.#names = loopbackNames(host, self.port, allowedHosts);
    return self;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * Says unhealthy for `noticeMs` while it still takes requests, then takes no new ones, and resolves when those in
   * flight have ended; after `limitMs` they are given up, which every client is told.
   */
  async drain({ noticeMs, limitMs }: { readonly noticeMs: number; readonly limitMs: number }): Promise<void> {
    this.#gateway.drain();
    this.#isClosing = true;
    const limit = setTimeout(() => this.#gateway.abandon(), limitMs);
    if (noticeMs > 0) await new Promise((resolve) => setTimeout(resolve, noticeMs));
    await this.close();
    clearTimeout(limit);
  }

  /** Takes no new connections and resolves when the requests in flight have ended. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Connections whose last answer began before this moment were promised to be kept.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), 50);
    await closed;
    clearInterval(sweep);
  }

  #receive(request: IncomingMessage, response: ServerResponse, proceed: () => void): void {
    const reply = replyOver(response, () => this.#isClosing);
    response.on('error', ignore);
    this.#serve(request, reply, proceed).catch(async (error: unknown) => {
      if (error instanceof GatewayError) {
        // Who asked first has sent nothing yet, and will not.
        if (request.headers.expect !== undefined) response.shouldKeepAlive = false;
        else if (!request.complete) await discard(request, response);
        return refuse(reply, error);
      }
      if (reply.signal.aborted) return;
      // A defect of ours: the client learns that, and nothing of the inside.
      this.#log.error('a request failed', { error });
      if (response.headersSent) return reply.destroy();
      refuse(reply, new GatewayError('upstream-failed', 'the gateway failed'));
    });
  }

  async #serve(request: IncomingMessage, reply: Reply, proceed: () => void): Promise<void> {
    const { method = '', url = '', httpVersion, rawHeaders } = request;
    const path = guardRequest({ method, target: url, httpVersion, rawHeaders }, this.#names);
    const mediaType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
    // Pages may send other types to anywhere without asking, this one not.
    if (method === 'POST' && mediaType !== 'application/json')
      throw new GatewayError('unsupported-media-type', 'the content-type must be application/json');
    const { bodyBytes } = this.#gateway.limits;
    if (Number(request.headers['content-length'] ?? 0) > bodyBytes) throw tooLarge(bodyBytes);
    proceed();
    const body = await readBody(request, bodyBytes);
    await this.#gateway.handle({ method, path, body }, reply);
  }
}

const tooLarge = (bytes: number): GatewayError =>
  new GatewayError('too-large', `the body is larger than ${bytes} bytes`);

/** What a body without a length begins with. */
const smallBodyBytes = 4 * 1024;

/** The end of a connection is told by its 'close'. */
const ignore = (): void => {};

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/**
 * One buffer that grows by doubling: a body of a million pieces of one byte costs no more memory than a body of one.
 * Rejects when it is too large, leaving the rest unread, and when the client goes away.
 */
function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  let buffer = Buffer.allocUnsafe(Number(request.headers['content-length'] ?? smallBodyBytes));
  let size = 0;
  const take = (chunk: Buffer): void => {
    const needed = size + chunk.length;
    if (needed > maxBytes) return fail(tooLarge(maxBytes));
    if (needed > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(needed, 2 * buffer.length)));
      buffer.copy(larger, 0, 0, size);
      buffer = larger;
    }
    chunk.copy(buffer, size);
    size = needed;
  };
  const leave = (): void => void request.off('data', take).off('end', whole).off('close', broken);
  const whole = (): void => {
    // At once: every request closes after its end, and is not broken for that.
    leave();
    resolve(buffer.subarray(0, size));
  };
  const fail = (error: Error): void => {
    leave();
    reject(error);
  };
  const broken = (): void => fail(new Error('the client went away'));
  request.on('data', take).on('end', whole).on('error', broken).on('close', broken);
  return promise;
}

/**
 * Reads what a refused client still sends, within limits: most write everything before they read, and a connection
 * that is cut under them shows them a broken pipe in place of the answer. The connection ends afterwards.
 */
function discard(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.shouldKeepAlive = false;
  return new Promise((resolve) => {
    let size = 0;
    const timer = setTimeout(resolve, discardMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > discardedBytes) done();
    });
    for (const event of ['end', 'error', 'close']) request.on(event, done);
    request.resume();
  });
}

function replyOver(response: ServerResponse, isClosing: () => boolean): Reply {
  const gone = new Leaving();
  let onDrain: (() => void) | undefined;
  // 'close' comes after every answer too; only one that is not finished means that the client has gone.
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return {
    head(status, headers) {
      if (response.destroyed) return;
      // A kept connection would hold up the end.
      if (isClosing()) response.shouldKeepAlive = false;
      response.writeHead(status, headers);
    },
    data: (chunk) => response.destroyed || response.write(chunk),
    // One write with the head, where the whole answer is there.
    end(last) {
      response.end(last);
    },
    destroy() {
      response.destroy();
    },
    onDrain(listener) {
      if (onDrain === undefined) response.on('drain', () => onDrain?.());
      onDrain = listener;
    },
    signal: gone,
  };
}
