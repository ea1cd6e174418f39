import type { Pod } from '../api/schema/core-v1.ts';
import type { ColdStart, Inference } from '../api/slipway/v1alpha1/inference.ts';
import type { Request } from '../machinery/controller.ts';
import { keyText } from '../machinery/lister.ts';
import type { Clock } from '../std/clock.ts';
import { coldStartOf, observeStart, type StartTimes } from './cold-start.ts';
import type { HealthReader, ServerHealth } from './server-health.ts';

export interface ObservedStarts {
  /** What the pods' servers last said, by the pods' uid. */
  readonly health: ReadonlyMap<string, ServerHealth>;
  /** Of the pod that became ready last, as far as anybody looked. */
  readonly coldStart: ColdStart | undefined;
}

interface Start {
  readonly times: StartTimes;
  readonly health: ServerHealth | undefined;
}

interface Watched {
  readonly uid: string;
  readonly pods: ReadonlyMap<string, Start>;
  readonly latest: { readonly readyMs: number; readonly coldStart: ColdStart } | undefined;
}

/** Watches pods become ready. It remembers what it saw; a restart forgets it, and the status still has the result. */
export class StartWatch {
  readonly #clock: Clock;
  readonly #reader: HealthReader | undefined;
  readonly #watched = new Map<string, Watched>();

  constructor(clock: Clock, reader: HealthReader | undefined) {
    this.#clock = clock;
    this.#reader = reader;
  }

  /** Looks at the living pods of an Inference, and asks those that start how far they are. */
  async observe({ metadata }: Inference, living: readonly Pod[]): Promise<ObservedStarts> {
    const { uid } = metadata;
    const known = this.#watched.get(keyText(metadata));
    // One of the same name that was there before is another.
    const before = known?.uid === uid ? known : undefined;
    const looks = await Promise.all(living.map((pod) => this.#look(before?.pods.get(pod.metadata.uid), pod)));
    const pods = new Map(
      looks.flatMap((look, index) => (look === undefined ? [] : [[living[index]!.metadata.uid, look]])),
    );
    let latest = before?.latest;
    for (const { times, health } of pods.values()) {
      const coldStart = coldStartOf(times, health);
      const { readyMs = -Infinity } = times;
      // The same again, since its health may have become known meanwhile.
      if (coldStart !== undefined && readyMs >= (latest?.readyMs ?? -Infinity)) latest = { readyMs, coldStart };
    }
    this.#watched.set(keyText(metadata), { uid, pods, latest });
    const health = new Map(
      [...pods].flatMap(([uid, start]) => (start.health === undefined ? [] : [[uid, start.health]])),
    );
    return { health, coldStart: latest?.coldStart };
  }

  forget(request: Request): void {
    this.#watched.delete(keyText(request));
  }

  async #look(known: Start | undefined, pod: Pod): Promise<Start | undefined> {
    const times = observeStart(known?.times, pod, this.#clock.now());
    if (times === undefined) return undefined;
    const isWorthAsking = times.startedMs !== undefined && known?.health?.phase !== 'ready';
    const health = isWorthAsking ? await this.#reader?.read(pod) : undefined;
    return { times, health: health ?? known?.health };
  }
}
