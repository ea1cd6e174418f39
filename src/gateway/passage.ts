import type { Clock } from '../std/clock.ts';
import type { Route } from './routing-table.ts';

/** A replica that failed a request is asked for it again only when there is no other, and then not at once: 0.5 s, doubling. */
const firstRestMs = 500;

/** One request's way through the gateway: how long it waited, for what, and who failed it. */
export class Passage {
  /** As of the last look at the table. */
  route: Route;
  /** It waits now: its place in the queue is counted already. */
  isHeld = false;
  readonly #clock: Clock;
  readonly #beganAt: number;
  readonly #restingUntil = new Map<string, number>();
  #failures = 0;
  /** When it first had to wait, and the phase that the model was in then. */
  #firstHeld: { readonly at: number; readonly phase: string } | undefined;
  #heldMs = 0;

  constructor(clock: Clock, route: Route) {
    this.#clock = clock;
    this.route = route;
    this.#beganAt = clock.now();
  }

  get elapsedMs(): number {
    return this.#clock.now() - this.#beganAt;
  }

  /** What is left of the model's patience, which begins when the request first waits. */
  get remainingMs(): number {
    const now = this.#clock.now();
    return (this.#firstHeld?.at ?? now) + this.route.holdMs - now;
  }

  /** A guess by the last start; undefined without one. At least a second: whoever waits a second more will see. */
  get etaSeconds(): number | undefined {
    const { coldStartMs } = this.route;
    if (coldStartMs === undefined || this.#firstHeld === undefined) return undefined;
    return Math.max(1, Math.ceil((coldStartMs - (this.#clock.now() - this.#firstHeld.at)) / 1000));
  }

  /** A replica failed this request in this life of it. */
  failed(life: string): void {
    this.#restingUntil.set(life, this.#clock.now() + firstRestMs * 2 ** this.#failures++);
  }

  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  isExcluded(life: string): boolean {
    return (this.#restingUntil.get(life) ?? 0) > this.#clock.now();
  }

  /** Nobody can take it now. */
  holds(): void {
    this.#firstHeld ??= { at: this.#clock.now(), phase: this.route.phase };
    this.isHeld = true;
  }

  waited(ms: number): void {
    this.#heldMs += ms;
  }

  /** How long to wait at most: to the end of the model's patience, or until a replica that failed may be asked again. */
  nextLookMs(): number {
    const now = this.#clock.now();
    const rests = [...this.#restingUntil.values()].filter((until) => until > now).map((until) => until - now);
    // Ejections end by themselves, which nobody tells; a second is soon enough.
    return Math.max(1, Math.min(this.remainingMs, 1_000, ...rests));
  }

  /** What a client that had to wait is told with its answer. */
  headers(): Readonly<Record<string, string>> {
    if (this.#firstHeld === undefined) return {};
    const { etaSeconds } = this;
    return {
      'x-slipway-phase': this.#firstHeld.phase,
      ...(etaSeconds === undefined ? {} : { 'x-slipway-eta-seconds': String(etaSeconds) }),
      'x-slipway-held-ms': String(Math.round(this.#heldMs)),
    };
  }
}
