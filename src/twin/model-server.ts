import { Heap } from '../std/heap.ts';

/** How fast a replica is. A step gives every running request one token. */
export interface ServerProfile {
  /** Milliseconds of a step with nothing in it. */
  readonly stepMs: number;
  /** Milliseconds that each request in the batch adds to a step. */
  readonly stepMsPerRequest: number;
  /** Prompt tokens that are worked off in the time of one step. */
  readonly promptTokensPerStep: number;
  /** Requests that run at once; more wait in order of arrival. */
  readonly parallel: number;
}

export interface SimulatedRequest {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** What became of a request. Times in milliseconds since its arrival. */
export interface Completion {
  readonly arrivedAt: number;
  readonly firstTokenMs: number;
  readonly totalMs: number;
}

interface Running {
  readonly arrivedAt: number;
  readonly request: SimulatedRequest;
  /** Values of the replica's step counter. */
  readonly firstTokenStep: number;
  readonly lastStep: number;
  firstTokenAt: number;
}

/**
 * One replica of a model server, advanced from event to event in closed form: all running requests
 * move one token a step, so between two events the step counter grows linearly with time.
 * Research: prediction and simulation, section 4 (step time t = c0 + c1·batch).
 */
export class SimulatedModelServer {
  readonly #profile: ServerProfile;
  readonly #byEnd = new Heap<Running>((a, b) => a.lastStep < b.lastStep);
  readonly #byFirstToken = new Heap<Running>((a, b) => a.firstTokenStep < b.firstTokenStep);
  #waiting: { readonly arrivedAt: number; readonly request: SimulatedRequest }[] = [];
  #steps = 0;
  #nowMs = 0;
  #busyMs = 0;

  constructor(profile: ServerProfile) {
    this.#profile = profile;
  }

  get running(): number {
    return this.#byEnd.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get inFlight(): number {
    return this.running + this.waiting;
  }

  /** Milliseconds in which something ran, for CPU usage. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** Moves to `atMs` and takes a request there. */
  arrive(atMs: number, request: SimulatedRequest, onComplete: (completion: Completion) => void): void {
    this.advance(atMs, onComplete);
    this.#waiting.push({ arrivedAt: atMs, request });
    this.#admit();
  }

  /** Works until `toMs`; reports the requests that complete on the way, in order. */
  advance(toMs: number, onComplete: (completion: Completion) => void): void {
    while (this.running > 0) {
      const stepMs = this.#stepMs();
      const next = Math.min(this.#byEnd.peek()!.lastStep, this.#byFirstToken.peek()?.firstTokenStep ?? Infinity);
      const atMs = this.#nowMs + (next - this.#steps) * stepMs;
      if (atMs > toMs) {
        this.#steps += (toMs - this.#nowMs) / stepMs;
        this.#busyMs += toMs - this.#nowMs;
        break;
      }
      this.#busyMs += atMs - this.#nowMs;
      this.#nowMs = atMs;
      this.#steps = next;
      this.#settle(onComplete);
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /**
   * The replica dies. Requests without a first token may be sent elsewhere, as the gateway does;
   * the others have broken off in the middle.
   */
  abandon(): { readonly retriable: readonly SimulatedRequest[]; readonly broken: number } {
    const retriable = this.#waiting.map(({ request }) => request);
    let broken = this.running;
    for (let next = this.#byFirstToken.pop(); next !== undefined; next = this.#byFirstToken.pop()) {
      retriable.push(next.request);
      broken--;
    }
    this.#waiting = [];
    this.#byEnd.retain(() => false);
    return { retriable, broken };
  }

  #settle(onComplete: (completion: Completion) => void): void {
    while ((this.#byFirstToken.peek()?.firstTokenStep ?? Infinity) <= this.#steps) {
      this.#byFirstToken.pop()!.firstTokenAt = this.#nowMs;
    }
    while ((this.#byEnd.peek()?.lastStep ?? Infinity) <= this.#steps) {
      const { arrivedAt, firstTokenAt } = this.#byEnd.pop()!;
      onComplete({ arrivedAt, firstTokenMs: firstTokenAt - arrivedAt, totalMs: this.#nowMs - arrivedAt });
    }
    this.#admit();
  }

  #admit(): void {
    while (this.running < this.#profile.parallel) {
      const first = this.#waiting.shift();
      if (first === undefined) return;
      const prefillSteps = first.request.promptTokens / this.#profile.promptTokensPerStep;
      const firstTokenStep = this.#steps + prefillSteps + 1;
      const running: Running = {
        arrivedAt: first.arrivedAt,
        request: first.request,
        firstTokenStep,
        lastStep: firstTokenStep + Math.max(0, first.request.outputTokens - 1),
        firstTokenAt: Infinity,
      };
      this.#byEnd.push(running);
      this.#byFirstToken.push(running);
    }
  }

  #stepMs(): number {
    return this.#profile.stepMs + this.#profile.stepMsPerRequest * this.running;
  }
}
