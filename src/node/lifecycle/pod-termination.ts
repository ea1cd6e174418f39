import { isSidecar } from '../../api/core/v1/pod-resources.ts';
import type { Container, Pod } from '../../api/schema/core-v1.ts';
import { ContainerKill, type KillMeans } from './container-kill.ts';

export interface TerminationOptions {
  readonly pod: Pod;
  readonly podIP: string;
  /** Names of the containers that run. */
  readonly running: ReadonlySet<string>;
  readonly graceSeconds: number;
}

/**
 * Ends all that runs of a pod at once, sidecars after the main containers and in reverse order of their start;
 * every preStop hook begins at once. Upstream: killContainersWithSyncResult, kuberuntime_termination_order.go.
 */
export class PodTermination {
  /** Resolves when everything has exited; rejects when something could not be stopped. */
  readonly done: Promise<void>;
  readonly #kills: readonly ContainerKill[];

  constructor({ pod, podIP, running, graceSeconds }: TerminationOptions, means: KillMeans) {
    const ends = new Map<string, { readonly promise: Promise<void>; readonly resolve: () => void }>();
    for (const { name } of all(pod)) {
      if (running.has(name)) ends.set(name, Promise.withResolvers<void>());
    }
    const turns = turnsOf(pod);
    const kills = all(pod).flatMap((container) => {
      const end = ends.get(container.name);
      if (end === undefined) return [];
      const before = (turns.get(container.name) ?? []).flatMap((name) => ends.get(name)?.promise ?? []);
      const turn = before.length === 0 ? undefined : Promise.all(before).then(() => {});
      return [{ kill: new ContainerKill({ pod, container, podIP, graceSeconds, turn }, means), end }];
    });
    this.#kills = kills.map(({ kill }) => kill);
    this.done = Promise.all(kills.map(({ kill, end }) => kill.run().finally(end.resolve))).then(() => {});
  }

  /** Leaves at most this much from now. */
  shorten(graceSeconds: number): void {
    for (const kill of this.#kills) kill.shorten(graceSeconds);
  }
}

const all = ({ spec }: Pod): readonly Container[] => [...(spec.initContainers ?? []), ...spec.containers];

/** Who must have ended before a sidecar is asked to. */
function turnsOf({ spec }: Pod): ReadonlyMap<string, readonly string[]> {
  const turns = new Map<string, readonly string[]>();
  let before = spec.containers.map(({ name }) => name);
  for (const container of (spec.initContainers ?? []).filter(isSidecar).toReversed()) {
    turns.set(container.name, before);
    before = [...spec.containers.map(({ name }) => name), container.name];
  }
  return turns;
}
