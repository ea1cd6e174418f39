import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** The ports of an engine, kept over restarts: kubeconfigs, clients and pods that outlive the engine know them. */
export interface Ports {
  readonly api: number;
  readonly gateway: number;
}

export function readPorts(path: string): Ports | undefined {
  try {
    const { api, gateway } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Ports>;
    return typeof api === 'number' && typeof gateway === 'number' ? { api, gateway } : undefined;
  } catch {
    return undefined;
  }
}

export function writePorts(path: string, ports: Ports): void {
  writeFileSync(path, `${JSON.stringify(ports)}\n`, { mode: 0o600 });
}

/** Whether nobody listens there on loopback. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
