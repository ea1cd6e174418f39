import type { EndpointSlice } from '../api/schema/discovery-v1.ts';
import {
  type ColdStart,
  type Inference,
  type InferencePhase,
  inferenceLabel,
} from '../api/slipway/v1alpha1/inference.ts';
import { parseDuration } from '../std/duration.ts';

/** One replica, as its EndpointSlice tells. */
export interface Endpoint {
  /** `pod@address:port`: a pod that is made anew under an old name is another endpoint. */
  readonly key: string;
  readonly pod: string;
  readonly address: string;
  readonly port: number;
  /** `terminating` finishes what it has and gets nothing new. */
  readonly state: 'ready' | 'unready' | 'terminating';
}

/** One model and who serves it. */
export interface Route {
  /** `namespace/name`, by which it is always found. */
  readonly key: string;
  readonly namespace: string;
  readonly inference: string;
  readonly uid: string;
  /** What the replicas call the model, and clients too unless an older Inference has the name. */
  readonly modelName: string;
  readonly createdAt: string;
  readonly phase: InferencePhase;
  /** Requests wait that long, and that many, while nobody is ready. */
  readonly holdMs: number;
  readonly maxHeld: number;
  /** How often the last request is written down while some are in flight; undefined when nothing sleeps. */
  readonly noteEveryMs: number | undefined;
  /** What the last start took. */
  readonly coldStartMs: number | undefined;
  readonly endpoints: readonly Endpoint[];
}

export interface RoutingTable {
  readonly routes: readonly Route[];
  /** By every name that clients may say. */
  readonly byModel: ReadonlyMap<string, Route>;
}

export const emptyTable: RoutingTable = { routes: [], byModel: new Map() };

/** Of each Service of that name, see discovery/v1. */
const serviceNameLabel = 'kubernetes.io/service-name';
const portName = 'http';

/** Who serves what now. The order of the arguments' items does not matter. */
export function routingTable(inferences: readonly Inference[], slices: readonly EndpointSlice[]): RoutingTable {
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const service = slice.metadata.labels?.[serviceNameLabel];
    if (service === undefined) continue;
    const key = `${slice.metadata.namespace ?? ''}/${service}`;
    byService.set(key, [...(byService.get(key) ?? []), slice]);
  }
  const routes = inferences
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((inference) => routeOf(inference, byService))
    .toSorted((a, b) => compare(a.createdAt, b.createdAt) || compare(a.key, b.key));
  const byModel = new Map<string, Route>();
  for (const route of routes) byModel.set(route.key, route);
  // The oldest keeps a name that two want: a new object must not take an old one's traffic.
  for (const route of routes) if (!byModel.has(route.modelName)) byModel.set(route.modelName, route);
  return { routes, byModel };
}

function routeOf(
  { metadata, spec, status }: Inference,
  byService: ReadonlyMap<string, readonly EndpointSlice[]>,
): Route {
  const { namespace = '', name, uid, creationTimestamp } = metadata;
  const key = `${namespace}/${name}`;
  const afterMs = parseDuration(spec.idle.after) ?? 600_000;
  return {
    key,
    namespace,
    inference: name,
    uid,
    modelName: spec.modelName ?? name,
    createdAt: creationTimestamp,
    phase: status?.phase ?? 'Pending',
    holdMs: parseDuration(spec.cold.hold) ?? 0,
    maxHeld: spec.cold.maxHeld,
    noteEveryMs: spec.idle.action === 'zero' ? Math.min(30_000, Math.max(1_000, afterMs / 4)) : undefined,
    coldStartMs: startMsOf(status?.coldStart),
    endpoints: endpointsOf(name, byService.get(key) ?? []),
  };
}

function endpointsOf(inference: string, slices: readonly EndpointSlice[]): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const { endpoints, ports, metadata } of slices) {
    // The Service of that name is the operator's only when it says so; the label comes from it.
    const owner = metadata.labels?.[inferenceLabel];
    if (owner !== undefined && owner !== inference) continue;
    const port = (ports ?? []).find(({ name }) => name === portName)?.port ?? ports?.at(0)?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions = {}, targetRef } of endpoints ?? []) {
      const address = addresses.at(0);
      if (address === undefined) continue;
      const pod = targetRef?.name ?? address;
      const state = conditions.terminating === true ? 'terminating' : conditions.ready === false ? 'unready' : 'ready';
      const key = `${pod}@${address}:${port}`;
      // Slices may hold an endpoint twice for a moment while one is moved between them.
      if (!found.has(key) || state === 'ready') found.set(key, { key, pod, address, port, state });
    }
  }
  return [...found.values()];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What a start takes once there is room for it: how long the last replica waited for a node says nothing of the next. */
function startMsOf(coldStart: ColdStart | undefined): number | undefined {
  return coldStart === undefined ? undefined : coldStart.totalMs - (coldStart.phases.scheduleMs ?? 0);
}
