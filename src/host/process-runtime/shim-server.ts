import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { withSocketPath } from './socket-path.ts';
import { lineBytesMax, parseRequest, type ShimMessage, type ShimRequest } from './shim-requests.ts';

const connectionsMax = 16;
/** A peer that does not read is cut off rather than remembered, in bytes. */
const unreadBytesMax = 4 * lineBytesMax;

/** Why a request failed, in a form for the wire. */
export class ShimError extends Error {
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * The pod's control socket. Whoever may enter the pod's folder (mode 0700) may speak; nonsense ends the connection and
 * never the shim.
 */
export class ShimServer {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #handle: (request: ShimRequest) => Promise<unknown>;
  readonly #greeting: () => ShimMessage;

  constructor(handle: (request: ShimRequest) => Promise<unknown>, greeting: () => ShimMessage) {
    this.#handle = handle;
    this.#greeting = greeting;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** The caller knows that no other shim of this pod lives: a socket that is left there is stale. */
  listen(path: string): Promise<void> {
    rmSync(path, { force: true });
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      withSocketPath(path, (usable) => {
        this.#server.listen(usable, () => {
          chmodSync(path, 0o600);
          resolve();
        });
      });
    });
  }

  close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    return new Promise((resolve) => void this.#server.close(() => resolve()));
  }

  broadcast(message: ShimMessage): void {
    for (const socket of this.#connections) send(socket, message);
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= connectionsMax) return void socket.destroy();
    this.#connections.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#connections.delete(socket));
    send(socket, this.#greeting());
    let pieces: Buffer[] = [];
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      let start = 0;
      for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
        const line = Buffer.concat([...pieces, chunk.subarray(start, end)]).toString('utf8');
        pieces = [];
        bytes = 0;
        start = end + 1;
        if (!this.#take(socket, line)) return;
      }
      pieces.push(chunk.subarray(start));
      bytes += chunk.length - start;
      if (bytes > lineBytesMax) socket.destroy();
    });
  }

  /** False when the peer was cut off. */
  #take(socket: Socket, line: string): boolean {
    let request: ShimRequest;
    try {
      request = parseRequest(line);
    } catch {
      socket.destroy();
      return false;
    }
    const { id } = request;
    this.#handle(request).then(
      (result) => send(socket, { id, result: result ?? null }),
      (error: unknown) => {
        const reason = error instanceof ShimError ? error.reason : 'ShimError';
        send(socket, { id, error: { reason, message: error instanceof Error ? error.message : String(error) } });
      },
    );
    return true;
  }
}

function send(socket: Socket, message: ShimMessage): void {
  if (socket.destroyed) return;
  socket.write(`${JSON.stringify(message)}\n`);
  if (socket.writableLength > unreadBytesMax) socket.destroy();
}
