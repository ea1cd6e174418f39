import type { Pod } from '../../api/schema/core-v1.ts';
import { minuteMs, type Clock, type Timer } from '../../std/clock.ts';
import { Heap } from '../../std/heap.ts';

// Upstream: pod-initial-backoff-seconds, pod-max-backoff-seconds, and the longest stay among the unschedulable.
const initialBackoffMs = 1_000;
const maxBackoffMs = 10_000;
const unschedulableMaxMs = 5 * minuteMs;

export interface QueuedPod {
  readonly pod: Pod;
  readonly attempts: number;
  readonly queuedAtMs: number;
  /** Of the queue's events; tells whether something changed while the pod was being tried. */
  readonly takenAtMove: number;
}

interface Entry {
  pod: Pod;
  attempts: number;
  queuedAtMs: number;
  sequence: number;
  place: 'active' | 'backoff' | 'unschedulable' | 'taken';
  timer: Timer | undefined;
}

/**
 * Pods that wait for a node. Active ones come by priority, then age; one that failed waits for its
 * back-off, and before that for something in the cluster to change (or five minutes).
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #active = new Heap<Entry>(isBefore);
  #waiting: ((pod: QueuedPod | undefined) => void) | undefined;
  #moves = 0;
  #sequence = 0;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A pod that wants a node, new or changed. A change of the pod itself may make it schedulable. */
  set(pod: Pod): void {
    const { uid } = pod.metadata;
    const known = this.#entries.get(uid);
    if (known === undefined) {
      const entry: Entry = {
        pod,
        attempts: 0,
        queuedAtMs: this.#clock.now(),
        sequence: this.#sequence++,
        place: 'taken',
        timer: undefined,
      };
      this.#entries.set(uid, entry);
      this.#activate(entry);
      return;
    }
    const changed =
      JSON.stringify(known.pod.spec) !== JSON.stringify(pod.spec) ||
      JSON.stringify(known.pod.metadata.labels) !== JSON.stringify(pod.metadata.labels);
    known.pod = pod;
    if (changed && known.place === 'unschedulable') this.#backOffThenActivate(known);
  }

  delete(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    entry.timer?.cancel();
    this.#entries.delete(uid);
    if (entry.place === 'active') this.#active.retain((other) => other !== entry);
  }

  /** The next pod to try; undefined when the queue was closed. One caller at a time. */
  next(): Promise<QueuedPod | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    const entry = this.#active.pop();
    if (entry !== undefined) return Promise.resolve(this.#take(entry));
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  /** Nothing fits: wait for a change, unless one came while the pod was being tried. */
  unschedulable({ pod, takenAtMove }: QueuedPod): void {
    const entry = this.#entries.get(pod.metadata.uid);
    if (entry === undefined) return;
    if (takenAtMove !== this.#moves) return this.#backOffThenActivate(entry);
    entry.place = 'unschedulable';
    entry.timer = this.#clock.after(unschedulableMaxMs, () => this.#activate(entry));
  }

  /** The try failed for a reason that is not the pod's: again after the back-off. */
  failed({ pod }: QueuedPod): void {
    const entry = this.#entries.get(pod.metadata.uid);
    if (entry !== undefined) this.#backOffThenActivate(entry);
  }

  /** Something changed that may make room: everything unschedulable is tried again. */
  moveAll(): void {
    this.#moves++;
    for (const entry of this.#entries.values()) if (entry.place === 'unschedulable') this.#backOffThenActivate(entry);
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#entries.values()) timer?.cancel();
    this.#waiting?.(undefined);
    this.#waiting = undefined;
  }

  #backOffThenActivate(entry: Entry): void {
    entry.timer?.cancel();
    const backoffMs = Math.min(maxBackoffMs, initialBackoffMs * 2 ** Math.max(0, entry.attempts - 1));
    const leftMs = entry.queuedAtMs + backoffMs - this.#clock.now();
    if (leftMs <= 0) return this.#activate(entry);
    entry.place = 'backoff';
    entry.timer = this.#clock.after(leftMs, () => this.#activate(entry));
  }

  #activate(entry: Entry): void {
    if (this.#isClosed) return;
    entry.timer?.cancel();
    entry.timer = undefined;
    if (this.#waiting !== undefined) {
      const resolve = this.#waiting;
      this.#waiting = undefined;
      resolve(this.#take(entry));
      return;
    }
    entry.place = 'active';
    this.#active.push(entry);
  }

  #take(entry: Entry): QueuedPod {
    entry.place = 'taken';
    entry.attempts++;
    entry.queuedAtMs = this.#clock.now();
    return { pod: entry.pod, attempts: entry.attempts, queuedAtMs: entry.queuedAtMs, takenAtMove: this.#moves };
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  const [left, right] = [a.pod.spec.priority ?? 0, b.pod.spec.priority ?? 0];
  if (left !== right) return left > right;
  return a.queuedAtMs < b.queuedAtMs || (a.queuedAtMs === b.queuedAtMs && a.sequence < b.sequence);
}
