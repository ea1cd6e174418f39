/** Cumulative usage of a container or node at one moment. Times are milliseconds since the epoch. */
export interface UsagePoint {
  /** When the counting began; the CPU used was zero then. */
  readonly startedAt: number;
  readonly timestamp: number;
  readonly cpuNanoseconds: number;
  /** The working set at `timestamp`. */
  readonly memoryBytes: number;
}

/** Everything that was measured in one round. */
export interface UsageBatch {
  /** By node name. */
  readonly nodes: ReadonlyMap<string, UsagePoint>;
  /** By `namespace/name` of the pod, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, UsagePoint>>;
}

/** A rate over a window that ended at `timestamp`. */
export interface Usage {
  readonly cpuNanos: number;
  readonly memoryBytes: number;
  readonly timestamp: number;
  readonly windowMs: number;
}

/** Younger than this, what a container used while it started says little about it. */
const freshContainerMinMs = 10_000;

interface Pair {
  readonly last: UsagePoint;
  readonly previous?: UsagePoint | undefined;
}

/**
 * The last two points of everything, from which usage over time is told.
 * Follows metrics-server 0.8 pkg/storage: a restart begins anew, an old point replaces none, a
 * container between ten seconds and one resolution old is measured from its start.
 */
export class UsageStore {
  readonly #resolutionMs: number;
  #nodes: ReadonlyMap<string, Pair> = new Map();
  #pods: ReadonlyMap<string, ReadonlyMap<string, Pair>> = new Map();

  constructor({ resolutionMs }: { readonly resolutionMs: number }) {
    this.#resolutionMs = resolutionMs;
  }

  /** What the batch does not name is forgotten. */
  store({ nodes, pods }: UsageBatch): void {
    this.#nodes = mapValues(nodes, (point, name) => advance(this.#nodes.get(name), point));
    this.#pods = mapValues(pods, (containers, pod) => {
      const known = this.#pods.get(pod);
      return mapValues(containers, (point, name) => this.#container(known?.get(name), point));
    });
  }

  /** Undefined until two points tell a rate. */
  node(name: string): Usage | undefined {
    const pair = this.#nodes.get(name);
    return pair === undefined ? undefined : usageOf(pair);
  }

  /** Usage by container; undefined while any container has only one point. Containers whose counters went back are left out. */
  pod(key: string): ReadonlyMap<string, Usage> | undefined {
    const containers = this.#pods.get(key);
    if (containers === undefined || containers.size === 0) return undefined;
    const usages = new Map<string, Usage>();
    for (const [name, pair] of containers) {
      if (pair.previous === undefined) return undefined;
      const usage = usageOf(pair);
      if (usage !== undefined) usages.set(name, usage);
    }
    return usages;
  }

  #container(known: Pair | undefined, point: UsagePoint): Pair {
    const ageMs = point.timestamp - point.startedAt;
    if (ageMs > 0 && ageMs < this.#resolutionMs && ageMs >= freshContainerMinMs)
      return { last: point, previous: { ...point, timestamp: point.startedAt, cpuNanoseconds: 0 } };
    const restarted = known !== undefined && point.startedAt >= known.last.timestamp;
    return restarted ? { last: point } : advance(known, point);
  }
}

function advance(known: Pair | undefined, point: UsagePoint): Pair {
  if (known === undefined) return { last: point };
  if (point.timestamp > known.last.timestamp) return { last: point, previous: known.last };
  const { previous } = known;
  return previous !== undefined && previous.timestamp < point.timestamp ? { last: point, previous } : { last: point };
}

function usageOf({ last, previous }: Pair): Usage | undefined {
  if (previous === undefined || last.startedAt < previous.startedAt) return undefined;
  if (last.cpuNanoseconds < previous.cpuNanoseconds) return undefined;
  const windowMs = last.timestamp - previous.timestamp;
  return {
    cpuNanos: Math.trunc((last.cpuNanoseconds - previous.cpuNanoseconds) / (windowMs / 1000)),
    memoryBytes: last.memoryBytes,
    timestamp: last.timestamp,
    windowMs,
  };
}

function mapValues<V, W>(map: ReadonlyMap<string, V>, change: (value: V, key: string) => W): ReadonlyMap<string, W> {
  return new Map([...map].map(([key, value]) => [key, change(value, key)]));
}
