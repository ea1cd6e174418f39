import type { Clock } from '../std/clock.ts';
import { Lru } from '../std/lru.ts';
import { TokenBucket } from '../std/token-bucket.ts';

// client-go tools/record/events_cache.go
const cacheSize = 4096;
const similarMax = 10;
const similarWithinMs = 600_000;
const spam = { burst: 25, perSecond: 1 / 300 };

/** What a component has to say about an object. */
export interface Occurrence {
  /** Source and object, as one word. */
  readonly subject: string;
  readonly fieldPath: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

export interface Correlated {
  readonly key: string;
  readonly message: string;
  /** It stands for several with different messages. */
  readonly isCombined: boolean;
  /** The event of an earlier occurrence that this one only counts up, with the new count. */
  readonly repeats: Recorded | undefined;
}

export interface Recorded {
  readonly name: string;
  readonly count: number;
}

/**
 * Keeps events from flooding: the same words again count up the event that is there, ten different messages
 * of one reason within ten minutes are combined into one, and beyond 25 an object and type get one in five minutes.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #recorded = new Lru<string, Recorded>(cacheSize);
  readonly #similar = new Lru<string, { readonly messages: Set<string>; readonly lastMs: number }>(cacheSize);
  readonly #buckets = new Lru<string, TokenBucket>(cacheSize);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined when the event is to be dropped. `newName` names the event if it becomes a new one. */
  correlate(occurrence: Occurrence, newName: string): Correlated | undefined {
    const { subject, fieldPath, type, reason, message } = occurrence;
    const isCombined = this.#isOneOfMany(occurrence);
    const key = isCombined ? word(subject, type, reason) : word(subject, fieldPath, type, reason, message);
    const earlier = this.#recorded.get(key);
    this.#recorded.set(key, { name: earlier?.name ?? newName, count: (earlier?.count ?? 0) + 1 });
    if (!this.#bucket(word(subject, type)).tryTake()) return undefined;
    return {
      key,
      message: isCombined ? `(combined from similar events): ${message}` : message,
      isCombined,
      repeats: earlier && { name: earlier.name, count: earlier.count + 1 },
    };
  }

  /** What the server keeps under the key now. */
  recorded(key: string, event: Recorded): void {
    this.#recorded.set(key, event);
  }

  #isOneOfMany({ subject, type, reason, message }: Occurrence): boolean {
    const nowMs = this.#clock.now();
    const key = word(subject, type, reason);
    const known = this.#similar.get(key);
    const messages =
      known !== undefined && nowMs - known.lastMs <= similarWithinMs ? known.messages : new Set<string>();
    messages.add(message);
    this.#similar.set(key, { messages, lastMs: nowMs });
    if (messages.size < similarMax) return false;
    for (const oldest of messages) {
      messages.delete(oldest);
      break;
    }
    return true;
  }

  #bucket(key: string): TokenBucket {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#clock, spam);
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

const word = (...parts: readonly string[]): string => parts.join('\0');
