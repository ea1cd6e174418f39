import type { Component } from '../machinery/controller.ts';
import { secondMs, type Clock, type Timer } from '../std/clock.ts';
import { log } from '../std/math.ts';
import type { Random } from '../std/random.ts';
import type { SimulatedRequest } from './model-server.ts';
import type { RequestEnd, SimulatedGateway } from './simulated-gateway.ts';

export interface TrafficOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly gateway: SimulatedGateway;
}

/** What clients of one model have seen since it was last asked. */
export interface TrafficReport {
  readonly sent: number;
  readonly completed: number;
  readonly failed: number;
  readonly turnedAway: number;
  /** Sorted, in milliseconds. */
  readonly firstTokenMs: readonly number[];
}

interface Stream {
  readonly random: Random;
  ratePerSecond: number;
  request: SimulatedRequest;
  nextAtMs: number;
  sent: number;
  completed: number;
  failed: number;
  turnedAway: number;
  firstTokenMs: number[];
}

/** Between two of these instants everything is worked off in one synchronous loop. */
const intervalMs = secondMs;

/** Clients: Poisson arrivals, a rate a model. */
export class Traffic implements Component {
  readonly name = 'traffic';
  readonly #options: TrafficOptions;
  readonly #streams = new Map<string, Stream>();
  #timer: Timer | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#tickLater();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
  }

  /** From now on, this many requests a second to this model; 0 ends them. */
  set(model: string, ratePerSecond: number, request: SimulatedRequest): void {
    this.#work();
    const stream = this.#streams.get(model) ?? this.#newStream(model);
    this.#streams.set(model, stream);
    stream.ratePerSecond = ratePerSecond;
    stream.request = request;
    stream.nextAtMs = this.#options.clock.now() + gapMs(stream);
  }

  /** Begins to count anew. */
  takeReport(model: string): TrafficReport {
    this.#work();
    const stream = this.#streams.get(model) ?? this.#newStream(model);
    const { sent, completed, failed, turnedAway, firstTokenMs } = stream;
    Object.assign(stream, { sent: 0, completed: 0, failed: 0, turnedAway: 0, firstTokenMs: [] });
    return { sent, completed, failed, turnedAway, firstTokenMs: firstTokenMs.toSorted((a, b) => a - b) };
  }

  #newStream(model: string): Stream {
    const random = this.#options.random.fork(`traffic/${model}`);
    const request = { promptTokens: 0, outputTokens: 1, isStreamed: true };
    const counts = { sent: 0, completed: 0, failed: 0, turnedAway: 0, firstTokenMs: [] };
    return { random, request, ratePerSecond: 0, nextAtMs: Infinity, ...counts };
  }

  #tickLater(): void {
    this.#timer = this.#options.clock.after(intervalMs, () => {
      this.#work();
      this.#tickLater();
    });
  }

  /** Everything that arrived since the last time, in the order of its arrival, then what the servers did meanwhile. */
  #work(): void {
    const { clock, gateway } = this.#options;
    const nowMs = clock.now();
    for (const [model, stream] of this.#streams) {
      for (; stream.nextAtMs <= nowMs; stream.nextAtMs += gapMs(stream)) {
        stream.sent++;
        gateway.send(model, stream.nextAtMs, stream.request, (end) => count(stream, end));
      }
    }
    gateway.work();
  }
}

function count(stream: Stream, end: RequestEnd): void {
  if (end.kind === 'failed') stream.failed++;
  else if (end.kind === 'turned away') stream.turnedAway++;
  else {
    stream.completed++;
    stream.firstTokenMs.push(end.firstTokenMs);
  }
}

/** Exponential; Infinity where nothing arrives. */
function gapMs({ random, ratePerSecond }: Stream): number {
  return ratePerSecond === 0 ? Infinity : (-log(1 - random.next()) * secondMs) / ratePerSecond;
}
