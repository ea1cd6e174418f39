import type { Clock } from '../std/clock.ts';
import { type EjectionState, type Outcome, afterOutcome, sound } from './ejection.ts';
import type { Endpoint } from './routing-table.ts';

/** A place on an endpoint, taken at the moment of choosing. */
export interface Reservation {
  readonly endpoint: Endpoint;
  /** The endpoint's life: it changes when a replica was not ready and is again. */
  readonly life: string;
  /** Gives the place back; later calls do nothing. Without an outcome nothing is learned (the client went away). */
  release(outcome?: Outcome): void;
}

export interface EndpointLoad {
  readonly pod: string;
  readonly inFlight: number;
}

interface Member {
  endpoint: Endpoint;
  life: string;
  inFlight: number;
  /** Counts picks over the pool: the smaller, the longer ago. */
  lastUsed: number;
  ejection: EjectionState;
  isProbed: boolean;
}

/**
 * The replicas of one model. Choosing is synchronous and counts the request at once, so that a hundred that come in one
 * turn spread; the fewest in flight wins, among equals the one that was chosen longest ago.
 */
export class EndpointPool {
  readonly #clock: Clock;
  readonly #maxInFlight: number;
  #members: ReadonlyMap<string, Member> = new Map();
  #picks = 0;

  constructor({ clock, maxInFlight }: { readonly clock: Clock; readonly maxInFlight: number }) {
    this.#clock = clock;
    this.#maxInFlight = maxInFlight;
  }

  /** Takes over what the table says; what is in flight goes on. */
  update(endpoints: readonly Endpoint[]): void {
    this.#members = new Map(
      endpoints.map((endpoint) => {
        const known = this.#members.get(endpoint.key);
        if (known === undefined)
          return [
            endpoint.key,
            { endpoint, life: this.#newLife(endpoint), inFlight: 0, lastUsed: 0, ejection: sound, isProbed: false },
          ];
        // Ready again after it was not: a new process, or one that has recovered.
        if (endpoint.state === 'ready' && known.endpoint.state !== 'ready') {
          known.life = this.#newLife(endpoint);
          known.ejection = sound;
          known.isProbed = false;
        }
        known.endpoint = endpoint;
        return [endpoint.key, known];
      }),
    );
  }

  get hasReady(): boolean {
    for (const { endpoint } of this.#members.values()) if (endpoint.state === 'ready') return true;
    return false;
  }

  /** Requests in flight, on every endpoint that is known. */
  loads(): readonly EndpointLoad[] {
    return [...this.#members.values()].map(({ endpoint, inFlight }) => ({ pod: endpoint.pod, inFlight }));
  }

  /** Undefined when every endpoint is unready, excluded by its life, ejected or full. */
  pick(isExcluded?: (life: string) => boolean): Reservation | undefined {
    const now = this.#clock.now();
    let best: Member | undefined;
    for (const member of this.#members.values()) {
      if (member.endpoint.state !== 'ready' || member.inFlight >= this.#maxInFlight) continue;
      if (isExcluded?.(member.life) === true || !isIn(member, now)) continue;
      if (best === undefined || isBetter(member, best)) best = member;
    }
    return best === undefined ? undefined : this.#reserve(best, now);
  }

  #ready(): readonly Member[] {
    return [...this.#members.values()].filter(({ endpoint }) => endpoint.state === 'ready');
  }

  #newLife({ key }: Endpoint): string {
    return `${key}#${++this.#picks}`;
  }

  #reserve(member: Member, now: number): Reservation {
    const { life } = member;
    member.inFlight++;
    member.lastUsed = ++this.#picks;
    const isProbe = member.ejection.ejectedUntil > 0 && member.ejection.ejectedUntil <= now;
    if (isProbe) member.isProbed = true;
    let isReleased = false;
    return {
      endpoint: member.endpoint,
      life,
      release: (outcome) => {
        if (isReleased) return;
        isReleased = true;
        member.inFlight--;
        // What an earlier process did says nothing of the one that runs now.
        if (member.life !== life) return;
        if (isProbe) member.isProbed = false;
        if (outcome !== undefined) this.#learn(member, outcome);
      },
    };
  }

  #learn(member: Member, outcome: Outcome): void {
    if (outcome === 'success' && member.ejection === sound) return;
    const now = this.#clock.now();
    const ready = this.#ready();
    const out = ready.filter((one) => one !== member && one.ejection.ejectedUntil > now).length;
    const mayEject = out + 1 <= Math.floor(ready.length / 2);
    member.ejection = afterOutcome(member.ejection, outcome, { now, mayEject });
  }
}

/** Not ejected, or past it with nobody trying it. */
function isIn({ ejection, isProbed }: Member, now: number): boolean {
  return ejection.ejectedUntil === 0 || (ejection.ejectedUntil <= now && !isProbed);
}

const isBetter = (a: Member, b: Member): boolean =>
  a.inFlight !== b.inFlight ? a.inFlight < b.inFlight : a.lastUsed < b.lastUsed;
