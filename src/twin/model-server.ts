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
  /** The client sees tokens as they come: after the first, nobody else can answer it. */
  readonly isStreamed: boolean;
}

/**
 * What became of a request. Times in milliseconds since its arrival at the replica.
 * `unbegun`: the replica went before the first token; `broken`: after it.
 */
export type Outcome =
  | { readonly kind: 'completed'; readonly atMs: number; readonly firstTokenMs: number; readonly totalMs: number }
  | { readonly kind: 'unbegun' | 'broken'; readonly atMs: number };

interface Waiting {
  readonly arrivedAt: number;
  readonly request: SimulatedRequest;
  readonly onEnd: (outcome: Outcome) => void;
}

interface Running extends Waiting {
  /** Decides between equals. */
  readonly sequence: number;
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
  readonly #byEnd = new Heap<Running>(
    (a, b) => a.lastStep < b.lastStep || (a.lastStep === b.lastStep && a.sequence < b.sequence),
  );
  readonly #byFirstToken = new Heap<Running>(
    (a, b) => a.firstTokenStep < b.firstTokenStep || (a.firstTokenStep === b.firstTokenStep && a.sequence < b.sequence),
  );
  #waiting: Waiting[] = [];
  #onIdle: (() => void) | undefined;
  #sequence = 0;
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
  arrive(atMs: number, request: SimulatedRequest, onEnd: (outcome: Outcome) => void): void {
    this.advance(atMs);
    this.#waiting.push({ arrivedAt: atMs, request, onEnd });
    this.#admit();
  }

  /** Works until `toMs`; requests that complete on the way are told so, in order. */
  advance(toMs: number): void {
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
      this.#settle();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /** Calls back once nothing is in flight any more, at once when nothing is. */
  whenIdle(run: () => void): void {
    if (this.inFlight === 0) run();
    else this.#onIdle = run;
  }

  /** The replica dies, and all that was in flight with it. */
  abandon(atMs: number): void {
    const unbegun = new Set<Waiting>();
    for (let next = this.#byFirstToken.pop(); next !== undefined; next = this.#byFirstToken.pop()) unbegun.add(next);
    const running: Running[] = [];
    for (let next = this.#byEnd.pop(); next !== undefined; next = this.#byEnd.pop()) running.push(next);
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#onIdle = undefined;
    for (const each of running) each.onEnd({ kind: unbegun.has(each) ? 'unbegun' : 'broken', atMs });
    for (const { onEnd } of waiting) onEnd({ kind: 'unbegun', atMs });
  }

  #settle(): void {
    while ((this.#byFirstToken.peek()?.firstTokenStep ?? Infinity) <= this.#steps) {
      this.#byFirstToken.pop()!.firstTokenAt = this.#nowMs;
    }
    while ((this.#byEnd.peek()?.lastStep ?? Infinity) <= this.#steps) {
      const { arrivedAt, firstTokenAt, onEnd } = this.#byEnd.pop()!;
      const atMs = this.#nowMs;
      onEnd({ kind: 'completed', atMs, firstTokenMs: firstTokenAt - arrivedAt, totalMs: atMs - arrivedAt });
    }
    this.#admit();
    if (this.inFlight > 0 || this.#onIdle === undefined) return;
    const run = this.#onIdle;
    this.#onIdle = undefined;
    run();
  }

  #admit(): void {
    while (this.running < this.#profile.parallel) {
      const first = this.#waiting.shift();
      if (first === undefined) return;
      const prefillSteps = first.request.promptTokens / this.#profile.promptTokensPerStep;
      const firstTokenStep = this.#steps + prefillSteps + 1;
      const running: Running = {
        ...first,
        sequence: this.#sequence++,
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
