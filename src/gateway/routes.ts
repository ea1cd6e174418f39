import { parseDuration } from '../std/duration.ts';
import type { EndpointSlice } from '../api/schema/discovery-v1.ts';
import { inferenceLabel, type Inference } from '../api/slipway/v1alpha1/inference.ts';

/** A replica that requests may go to. */
export interface Endpoint {
  /** Unique a pod; a restarted container keeps it. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly pod: string;
}

/** One model. */
export interface Route {
  readonly namespace: string;
  readonly inference: string;
  /** What clients send as `model`. */
  readonly model: string;
  readonly createdAtMs: number;
  readonly phase: string;
  readonly holdMs: number;
  readonly maxHeld: number;
  /** How long the last start took; undefined when there was none yet. */
  readonly coldStartMs: number | undefined;
  /** The operator wants to hear of requests at least this often, to tell idle from used; undefined: it does not scale to zero. */
  readonly idleAfterMs: number | undefined;
  readonly endpoints: readonly Endpoint[];
}

export interface RoutingTable {
  readonly routes: readonly Route[];
  find(model: string): Route | undefined;
}

/**
 * Routes of all Inferences. A model name that two Inferences claim belongs to the older one; the other
 * is reached as `namespace/name`, which always works.
 */
export function routingTable(inferences: Iterable<Inference>, slices: Iterable<EndpointSlice>): RoutingTable {
  const slicesOf = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const inference = slice.metadata.labels?.[inferenceLabel];
    if (inference === undefined) continue;
    const key = `${slice.metadata.namespace ?? ''}/${inference}`;
    const known = slicesOf.get(key);
    if (known === undefined) slicesOf.set(key, [slice]);
    else known.push(slice);
  }
  const routes = [...inferences]
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((inference) =>
      routeOf(inference, slicesOf.get(`${inference.metadata.namespace ?? ''}/${inference.metadata.name}`) ?? []),
    )
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.inference < b.inference ? -1 : 1));
  const byModel = new Map<string, Route>();
  for (const route of routes) if (!byModel.has(route.model)) byModel.set(route.model, route);
  for (const route of routes) byModel.set(`${route.namespace}/${route.inference}`, route);
  return { routes, find: (model) => byModel.get(model) };
}

function routeOf({ metadata, spec, status }: Inference, slices: readonly EndpointSlice[]): Route {
  return {
    namespace: metadata.namespace ?? '',
    inference: metadata.name,
    model: spec.modelName ?? metadata.name,
    createdAtMs: Date.parse(metadata.creationTimestamp),
    phase: status?.phase ?? 'Pending',
    holdMs: parseDuration(spec.cold.hold) ?? 0,
    maxHeld: spec.cold.maxHeld,
    coldStartMs: status?.coldStart?.totalMs,
    idleAfterMs: spec.idle.action === 'zero' ? parseDuration(spec.idle.after) : undefined,
    endpoints: endpointsOf(slices),
  };
}

function endpointsOf(slices: readonly EndpointSlice[]): readonly Endpoint[] {
  const ready: Endpoint[] = [];
  const serving: Endpoint[] = [];
  for (const { endpoints, ports } of slices) {
    const port = ports?.[0]?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions, targetRef } of endpoints ?? []) {
      const [host] = addresses;
      if (host === undefined) continue;
      const endpoint: Endpoint = { id: targetRef?.uid ?? host, host, port, pod: targetRef?.name ?? host };
      // Upstream: an absent `ready` means true.
      if (conditions.ready !== false) ready.push(endpoint);
      else if (conditions.serving === true) serving.push(endpoint);
    }
  }
  return ready.length > 0 ? ready : serving;
}
