import { isNotFound } from '../api/error.ts';
import { inferences } from '../api/resources.ts';
import { wakeAnnotation } from '../api/slipway/v1alpha1/inference.ts';
import { timestamp } from '../api/timestamps.ts';
import { secondMs } from '../std/clock.ts';
import type { World } from '../machinery/world.ts';
import type { Route } from './routes.ts';

/** While a request waits, the operator hears of it at most this often. */
const wakeEveryMs = secondMs;
/** Of a model in use it hears often enough not to think it idle, and not more often than this. */
const useEveryMinMs = 2 * secondMs;

/**
 * Tells the operator, by an annotation on the Inference, when it was last asked for: that wakes it from
 * zero and keeps it from going there. Models that never go to zero cost no writes.
 */
export class Activity {
  readonly #world: World;
  readonly #toldAtMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A request came (`isHeld`: and found nothing ready). */
  note(route: Route, isHeld: boolean): void {
    if (route.idleAfterMs === undefined && !isHeld) return;
    const everyMs = isHeld ? wakeEveryMs : Math.max(useEveryMinMs, (route.idleAfterMs ?? 0) / 4);
    const key = `${route.namespace}/${route.inference}`;
    const nowMs = this.#world.clock.now();
    if (nowMs - (this.#toldAtMs.get(key) ?? -Infinity) < everyMs) return;
    this.#toldAtMs.set(key, nowMs);
    void this.#tell(route, nowMs);
  }

  async #tell({ namespace, inference }: Route, nowMs: number): Promise<void> {
    const body = { metadata: { annotations: { [wakeAnnotation]: timestamp(nowMs) } } };
    try {
      await this.#world.client.patch(
        inferences,
        { namespace, name: inference },
        { type: 'merge', body },
        { fieldManager: 'slipway-gateway' },
      );
    } catch (error) {
      this.#toldAtMs.delete(`${namespace}/${inference}`);
      if (!isNotFound(error))
        this.#world.log.warn('the operator could not be told of a request', { namespace, inference, error });
    }
  }
}
