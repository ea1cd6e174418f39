import type { Clock, Timer } from '../../std/clock.ts';

/** A failed attempt comes again after this (upstream 50 ms). */
const retryAfterMs = 50;

/**
 * The nodes of a zone that wait to be tainted, one at a time at a rate that may change or be nothing.
 * A node that was tainted stays known, so that it is not tainted again, until it is removed.
 */
export class TaintQueue {
  readonly #clock: Clock;
  readonly #attempt: (nodeName: string) => Promise<boolean>;
  readonly #waiting: string[] = [];
  readonly #known = new Set<string>();
  #perSecond: number;
  #nextMs = 0;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  /** `attempt` answers whether it is done with the node. */
  constructor(
    clock: Clock,
    { perSecond, attempt }: { perSecond: number; attempt: (nodeName: string) => Promise<boolean> },
  ) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#attempt = attempt;
  }

  add(nodeName: string): void {
    if (this.#known.has(nodeName)) return;
    this.#known.add(nodeName);
    this.#waiting.push(nodeName);
    this.#pump();
  }

  /** It is well again, or its taint was taken off. */
  remove(nodeName: string): void {
    this.#known.delete(nodeName);
    const index = this.#waiting.indexOf(nodeName);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  isWaiting(nodeName: string): boolean {
    return this.#waiting.includes(nodeName);
  }

  /** Zero stops the queue. What was already used of the old rate is not given again. */
  setRate(perSecond: number): void {
    if (perSecond === this.#perSecond) return;
    const nowMs = this.#clock.now();
    const isDrained = this.#perSecond <= 0 || nowMs < this.#nextMs;
    this.#perSecond = perSecond;
    if (perSecond > 0) this.#nextMs = isDrained ? nowMs + 1000 / perSecond : nowMs;
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #pump(): void {
    this.#timer?.cancel();
    if (this.#isStopped || this.#running !== undefined || this.#waiting.length === 0 || this.#perSecond <= 0) return;
    const waitMs = Math.max(0, this.#nextMs - this.#clock.now());
    this.#timer = this.#clock.after(waitMs, () => {
      this.#running = this.#next().finally(() => {
        this.#running = undefined;
        this.#pump();
      });
    });
  }

  async #next(): Promise<void> {
    const nodeName = this.#waiting[0];
    if (nodeName === undefined) return;
    this.#nextMs = this.#clock.now() + 1000 / this.#perSecond;
    const isDone = await this.#attempt(nodeName);
    if (isDone && this.#waiting[0] === nodeName) this.#waiting.shift();
    else if (!isDone) this.#nextMs = Math.max(this.#nextMs, this.#clock.now() + retryAfterMs);
  }
}
