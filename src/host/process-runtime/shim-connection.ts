import { connect, type Socket } from 'node:net';
import { RuntimeError } from '../../node/container-runtime.ts';
import type { ContainerRecord } from './container-record.ts';
import { lineBytesMax, type ShimMessage, type ShimOrder } from './shim-requests.ts';
import { withSocketPath } from './socket-path.ts';

export interface ShimListener {
  /** All containers of the pod, at the start and at every change. */
  readonly onContainers: (containers: readonly ContainerRecord[]) => void;
  /** Once, when the connection ended, whoever ended it. */
  readonly onClose: () => void;
}

/** The engine's end of a pod's socket. */
export class ShimConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #rest = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves when the shim has told its containers. Rejects with the socket's error, or when the shim says nothing in time. */
  static open(path: string, listener: ShimListener, timeoutMs: number): Promise<ShimConnection> {
    return new Promise((resolve, reject) => {
      const socket = withSocketPath(path, (usable) => connect({ path: usable }));
      const connection = new ShimConnection(socket);
      let isOpen = false;
      const timer = setTimeout(() => socket.destroy(new Error('the shim does not answer')), timeoutMs);
      socket.setEncoding('utf8');
      socket.on('data', (text: string) => {
        connection.#receive(text, (containers) => {
          listener.onContainers(containers);
          if (isOpen) return;
          isOpen = true;
          clearTimeout(timer);
          resolve(connection);
        });
      });
      let failure: Error | undefined;
      socket.on('error', (error) => (failure = error));
      socket.on('close', () => {
        clearTimeout(timer);
        connection.#forget();
        if (isOpen) listener.onClose();
        else reject(failure ?? new Error('the shim closed the connection'));
      });
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Rejects with RuntimeError: the shim's reason, or ShimUnavailable when the connection ends or the time is over. */
  async request(order: ShimOrder, timeoutMs: number): Promise<unknown> {
    if (!this.isOpen) throw unavailable("the pod's shim is not connected");
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    const line = `${JSON.stringify({ id, ...order })}\n`;
    if (Buffer.byteLength(line) > lineBytesMax) {
      this.#waiting.delete(id);
      throw new RuntimeError(
        'CreateContainerError',
        `the container's command and environment are larger than ${lineBytesMax} bytes`,
      );
    }
    const timer = setTimeout(
      () => {
        waiting.reject(unavailable(`the pod's shim did not answer ${order.op} within ${timeoutMs} ms`));
        this.#waiting.delete(id);
      },
      Math.min(timeoutMs, 2 ** 31 - 1),
    );
    this.#socket.write(line);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string, onContainers: (containers: readonly ContainerRecord[]) => void): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as ShimMessage;
      if ('containers' in message) onContainers(message.containers);
      else {
        const waiting = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        if ('error' in message) waiting?.reject(new RuntimeError(message.error.reason, message.error.message));
        else waiting?.resolve(message.result);
      }
    }
  }

  #forget(): void {
    for (const { reject } of this.#waiting.values()) reject(unavailable("the pod's shim has gone"));
    this.#waiting.clear();
  }
}

function unavailable(message: string): RuntimeError {
  return new RuntimeError('ShimUnavailable', message);
}
