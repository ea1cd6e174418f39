import { isNotFound } from '../api/error.ts';
import { inferences } from '../api/resources.ts';
import { wakeAnnotation } from '../api/slipway/v1alpha1/inference.ts';
import { timestamp } from '../api/timestamps.ts';
import type { World } from '../machinery/world.ts';
import { secondMs } from '../std/clock.ts';
import type { Route } from './routing-table.ts';

/** While a request waits for a replica, the operator hears of it this often at most. */
const wakeEveryMs = secondMs;

/**
 * Writes down on the Inference when it was last asked for: that wakes it from zero and keeps it from going there.
 * An annotation and not a metric, since whether a model sleeps must be understood and decided from Kubernetes objects
 * alone; one write in a quarter of the idle time costs little, and models that never sleep cost none.
 */
export class Activity {
  readonly #world: World;
  readonly #notedAt = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A request is there; `isHeld`: and nobody is ready for it. */
  note(route: Route, isHeld: boolean): void {
    const everyMs = isHeld ? wakeEveryMs : route.noteEveryMs;
    if (everyMs === undefined) return;
    const now = this.#world.clock.now();
    if (now - (this.#notedAt.get(route.key) ?? -Infinity) < everyMs) return;
    this.#notedAt.set(route.key, now);
    void this.#write(route, now);
  }

  async #write({ key, namespace, inference }: Route, now: number): Promise<void> {
    const body = { metadata: { annotations: { [wakeAnnotation]: timestamp(now) } } };
    try {
      await this.#world.client.patch(inferences, { namespace, name: inference }, { type: 'merge', body });
    } catch (error) {
      // The next request tries again.
      this.#notedAt.delete(key);
      if (!isNotFound(error)) this.#world.log.warn('a request could not be noted', { inference: key, error });
    }
  }
}
