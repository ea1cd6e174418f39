/** What the picker needs of a replica. */
export interface Pickable {
  readonly id: string;
}

/** A reserved place at a replica. */
export interface Reservation<E extends Pickable> {
  readonly endpoint: E;
  /** Gives the place back; more than once does nothing. */
  release(): void;
}

/**
 * Fewest requests in flight, of equals the least recently picked. The count goes up before anything
 * is awaited, so a burst spreads evenly instead of following a stale number.
 */
export class Picker {
  readonly #inFlight = new Map<string, number>();
  readonly #pickedAt = new Map<string, number>();
  #picks = 0;

  inFlight(id: string): number {
    return this.#inFlight.get(id) ?? 0;
  }

  pick<E extends Pickable>(endpoints: readonly E[]): Reservation<E> | undefined {
    let best: E | undefined;
    for (const endpoint of endpoints) if (best === undefined || this.#isBetter(endpoint.id, best.id)) best = endpoint;
    if (best === undefined) return undefined;
    const { id } = best;
    this.#inFlight.set(id, this.inFlight(id) + 1);
    this.#pickedAt.set(id, ++this.#picks);
    let isHeld = true;
    return {
      endpoint: best,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        const left = this.inFlight(id) - 1;
        if (left > 0) this.#inFlight.set(id, left);
        else this.#inFlight.delete(id);
      },
    };
  }

  /** Forgets when replicas were picked that are no longer there. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of this.#pickedAt.keys()) if (!ids.has(id)) this.#pickedAt.delete(id);
  }

  #isBetter(a: string, b: string): boolean {
    const [left, right] = [this.inFlight(a), this.inFlight(b)];
    return left < right || (left === right && (this.#pickedAt.get(a) ?? 0) < (this.#pickedAt.get(b) ?? 0));
  }
}
