import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyTooLarge, maxBodyBytes } from '../gateway/chat-request.ts';
import { refuse, type Gateway } from '../gateway/gateway.ts';
import type { Reply } from '../gateway/gateway-reply.ts';
import { invalidRequest, type OpenAiError } from '../gateway/openai-error.ts';

export interface GatewayServerOptions {
  readonly gateway: Gateway;
  readonly host: string;
  readonly port: number;
}

const maxHeaderBytes = 16 * 1024;
/** Slow headers and slow bodies hold a connection no longer than this. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
/** Headers of which a second one could mean something else to somebody else. */
const once = ['host', 'authorization', 'content-length', 'content-type'];

/** The gateway's ear on the machine: HTTP/1.1 with limits, exact names, and nothing handed on unread. */
export class GatewayServer {
  readonly #gateway: Gateway;
  readonly #server: Server;
  readonly #host: string;
  #names = new Set<string>();
  #isClosing = false;

  private constructor({ gateway, host }: GatewayServerOptions) {
    this.#gateway = gateway;
    this.#host = host;
    this.#server = createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        headersTimeout: headersTimeoutMs,
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: 65_000,
        noDelay: true,
      },
      (request, response) => this.#receive(request, response),
    );
  }

  /** Rejects when the port cannot be had. */
  static async listen(options: GatewayServerOptions): Promise<GatewayServer> {
    const self = new GatewayServer(options);
    await new Promise<void>((resolve, reject) => {
      self.#server.once('error', reject);
      self.#server.listen(options.port, options.host, () => resolve());
    });
    // On loopback only its own names are right: anything else is a page that rebound its name to us.
    if (isLoopback(options.host))
      self.#names = new Set(['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${self.port}`));
    return self;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.port}`;
  }

  /** Takes no new connections, lets the requests in flight end, and then resolves. */
  async close(): Promise<void> {
    this.#gateway.drain();
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    await closed;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const reply = replyOver(response, () => this.#isClosing);
    const problem = this.#problemOf(request);
    if (problem !== undefined) {
      // What is unread of it is not worth reading.
      response.setHeader('connection', 'close');
      refuse(reply, problem);
      return;
    }
    readBody(request)
      .then(async (body) => {
        if (body === undefined) {
          response.setHeader('connection', 'close');
          return refuse(reply, bodyTooLarge());
        }
        const { pathname } = new URL(request.url ?? '/', 'http://gateway');
        await this.#gateway.handle(
          {
            method: request.method ?? 'GET',
            path: pathname,
            headers: request.headers as Record<string, string | undefined>,
            body,
          },
          reply,
        );
      })
      .catch((error: unknown) => {
        if (reply.signal.aborted) return;
        // A bug of ours: the client learns that, and nothing of our inside.
        process.stderr.write(
          `${JSON.stringify({ level: 'error', message: 'request failed', error: error instanceof Error ? error.stack : String(error) })}\n`,
        );
        if (response.headersSent) response.destroy();
        else
          refuse(reply, {
            status: 500,
            code: 'internal_error',
            type: 'server_error',
            message: 'the gateway failed; see its log',
          });
      });
  }

  #problemOf(request: IncomingMessage): OpenAiError | undefined {
    if (!(request.url ?? '').startsWith('/')) return invalidRequest('the request target must be a path');
    const seen = new Set<string>();
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      const name = (request.rawHeaders[i] ?? '').toLowerCase();
      if (seen.has(name) && once.includes(name)) return invalidRequest(`the header ${name} is there twice`);
      seen.add(name);
    }
    if (this.#names.size === 0) return undefined;
    const { host, origin } = request.headers;
    if (host === undefined || !this.#names.has(host.toLowerCase()))
      return forbidden(`the host "${host ?? ''}" is not a name of this gateway`);
    if (origin !== undefined && !this.#names.has(origin.toLowerCase().replace(/^https?:\/\//, '')))
      return forbidden('pages of other origins may not call this gateway');
    return undefined;
  }
}

const forbidden = (message: string): OpenAiError => invalidRequest(message, 'forbidden', 403);

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** undefined when it is longer than the limit. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function replyOver(response: ServerResponse, isClosing: () => boolean): Reply {
  const gone = new AbortController();
  // 'close' comes after every answer too; only one that is not finished means that the client has gone.
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return {
    head(status, headers) {
      // A kept connection would hold up the end.
      response.writeHead(status, isClosing() ? { ...headers, connection: 'close' } : headers);
    },
    data: (chunk) => response.write(chunk),
    end() {
      response.end();
    },
    onDrain(listener) {
      response.on('drain', listener);
    },
    signal: gone.signal,
  };
}
