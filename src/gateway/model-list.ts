import type { Route, RoutingTable } from './routing-table.ts';

/** What `GET /v1/models` answers. Listing wakes nobody. */
export function modelList({ routes, byModel }: RoutingTable): object {
  // An Inference whose name an older one has is listed by the name that reaches it.
  const names = routes.map((route) => (byModel.get(route.modelName) === route ? route.modelName : route.key));
  return { object: 'list', data: routes.map((route, at) => modelEntry(names[at]!, route)) };
}

export function modelEntry(id: string, { createdAt, namespace, phase }: Route): object {
  return { id, object: 'model', created: Math.floor(Date.parse(createdAt) / 1000), owned_by: namespace, phase };
}
