import type { Clock, Timer } from '../std/clock.ts';
import { log } from '../std/math.ts';
import type { Random } from '../std/random.ts';
import type { Completion, SimulatedModelServer, SimulatedRequest } from './model-server.ts';

/** A replica that the gateway would send requests to. */
export interface Target {
  readonly ip: string;
  readonly server: SimulatedModelServer;
}

export interface TrafficOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly request: SimulatedRequest;
  /** Ready and reachable replicas, as the endpoint slices say now. */
  readonly targets: () => readonly Target[];
}

export interface TrafficCounts {
  readonly sent: number;
  readonly completed: number;
  /** Waiting at the gateway because nothing is ready. */
  readonly held: number;
}

/** Between two control instants everything is worked off in one synchronous loop. */
const intervalMs = 1000;

/**
 * Poisson arrivals, each sent to the ready replica with the fewest requests in flight; held while
 * there is none. Latencies are those of completions since `takeCompletions` was last called.
 */
export class Traffic {
  readonly #options: TrafficOptions;
  #ratePerSecond = 0;
  #nextArrivalMs = Infinity;
  #lastMs: number;
  #held: { readonly atMs: number; readonly request: SimulatedRequest }[] = [];
  #sent = 0;
  #completed = 0;
  #completions: Completion[] = [];
  #timer: Timer | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#lastMs = options.clock.now();
  }

  get counts(): TrafficCounts {
    return { sent: this.#sent, completed: this.#completed, held: this.#held.length };
  }

  takeCompletions(): readonly Completion[] {
    const taken = this.#completions;
    this.#completions = [];
    return taken;
  }

  /** From now on, this many requests a second; 0 ends the arrivals. */
  setRate(ratePerSecond: number): void {
    this.#work();
    this.#ratePerSecond = ratePerSecond;
    this.#nextArrivalMs = ratePerSecond === 0 ? Infinity : this.#options.clock.now() + this.#gapMs();
    this.#timer ??= this.#options.clock.after(intervalMs, () => this.#tick());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** A replica died: what it had not begun is sent again, the rest is broken. */
  retry(requests: readonly SimulatedRequest[]): void {
    const atMs = this.#options.clock.now();
    for (const request of requests) this.#held.push({ atMs, request });
  }

  #tick(): void {
    this.#work();
    this.#timer = this.#options.clock.after(intervalMs, () => this.#tick());
  }

  #work(): void {
    const nowMs = this.#options.clock.now();
    const targets = this.#options.targets();
    const onComplete = (completion: Completion): void => {
      this.#completed++;
      this.#completions.push(completion);
    };
    if (targets.length > 0) {
      for (const { request } of this.#held)
        pick(targets, this.#lastMs, onComplete).arrive(this.#lastMs, request, onComplete);
      this.#held = [];
    }
    for (; this.#nextArrivalMs <= nowMs; this.#nextArrivalMs += this.#gapMs()) {
      const atMs = this.#nextArrivalMs;
      this.#sent++;
      if (targets.length === 0) this.#held.push({ atMs, request: this.#options.request });
      else pick(targets, atMs, onComplete).arrive(atMs, this.#options.request, onComplete);
    }
    for (const { server } of targets) server.advance(nowMs, onComplete);
    this.#lastMs = nowMs;
  }

  #gapMs(): number {
    return (-log(1 - this.#options.random.next()) * 1000) / this.#ratePerSecond;
  }
}

/** Fewest in flight at that moment; of equals the first, whose order is that of the endpoints. */
function pick(
  targets: readonly Target[],
  atMs: number,
  onComplete: (completion: Completion) => void,
): SimulatedModelServer {
  let best: SimulatedModelServer | undefined;
  for (const { server } of targets) {
    server.advance(atMs, onComplete);
    if (best === undefined || server.inFlight < best.inFlight) best = server;
  }
  if (best === undefined) throw new Error('bug: picked from no targets');
  return best;
}
