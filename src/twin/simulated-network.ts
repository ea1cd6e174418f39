import type { HttpProbe, NetworkProber, ProbeResult } from '../node/prober.ts';

/** Something that listens at an address. */
export interface SimulatedListener {
  /** undefined: every port. */
  readonly port: number | undefined;
  /** HTTP status of its health path, now. */
  health(): number;
}

/** Who answers at which address. Links can be cut, as a network partition or a dead node does. */
export class SimulatedNetwork implements NetworkProber {
  readonly #listeners = new Map<string, SimulatedListener>();
  readonly #cut = new Set<string>();

  listen(ip: string, listener: SimulatedListener): void {
    this.#listeners.set(ip, listener);
  }

  close(ip: string): void {
    this.#listeners.delete(ip);
  }

  cut(ip: string): void {
    this.#cut.add(ip);
  }

  mend(ip: string): void {
    this.#cut.delete(ip);
  }

  isReachable(ip: string): boolean {
    return this.#listeners.has(ip) && !this.#cut.has(ip);
  }

  httpGet({ host, port, path }: HttpProbe): Promise<ProbeResult> {
    const listener = this.#at(host, port);
    const url = `http://${host}:${port}${path}`;
    if (listener === undefined) return refused(`Get "${url}": dial tcp ${host}:${port}: connect: connection refused`);
    const status = listener.health();
    if (status >= 200 && status < 400) return Promise.resolve({ outcome: 'success', output: '', statusCode: status });
    const output = `HTTP probe failed with statuscode: ${status}`;
    return Promise.resolve({ outcome: 'failure', output, statusCode: status });
  }

  tcpSocket(host: string, port: number): Promise<ProbeResult> {
    if (this.#at(host, port) !== undefined) return Promise.resolve({ outcome: 'success', output: '' });
    return refused(`dial tcp ${host}:${port}: connect: connection refused`);
  }

  #at(host: string, port: number): SimulatedListener | undefined {
    const listener = this.#cut.has(host) ? undefined : this.#listeners.get(host);
    return listener?.port === undefined || listener.port === port ? listener : undefined;
  }
}

const refused = (output: string): Promise<ProbeResult> => Promise.resolve({ outcome: 'failure', output });
