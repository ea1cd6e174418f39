import type { CustomResourceDefinition } from './schema/apiextensions-v1.ts';
import type { Deployment, ReplicaSet } from './schema/apps-v1.ts';
import type { HorizontalPodAutoscaler } from './schema/autoscaling-v2.ts';
import type { Lease } from './schema/coordination-v1.ts';
import type {
  ConfigMap,
  Endpoints,
  Event,
  Namespace,
  Node,
  Pod,
  Secret,
  Service,
  ServiceAccount,
} from './schema/core-v1.ts';
import type { EndpointSlice } from './schema/discovery-v1.ts';
import type { Event as EventsEvent } from './schema/events-v1.ts';
import type { PodDisruptionBudget } from './schema/policy-v1.ts';
import type { KubernetesObject, Resource } from './resource.ts';
import type { Inference } from './slipway/v1alpha1/inference.ts';

/** The identity of every resource that Slipway's own code speaks of. */
function define<T extends KubernetesObject>(
  groupVersion: string,
  resource: string,
  kind: string,
  {
    singular = kind.toLowerCase(),
    namespaced = true,
    shortNames = [],
    categories = [],
  }: Partial<Pick<Resource, 'singular' | 'namespaced' | 'shortNames' | 'categories'>> = {},
): Resource<T> {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  return { group: group!, version: version!, resource, singular, kind, namespaced, shortNames, categories };
}

export const namespaces: Resource<Namespace> = define('v1', 'namespaces', 'Namespace', {
  namespaced: false,
  shortNames: ['ns'],
});
export const nodes: Resource<Node> = define('v1', 'nodes', 'Node', { namespaced: false, shortNames: ['no'] });
export const pods: Resource<Pod> = define('v1', 'pods', 'Pod', { shortNames: ['po'], categories: ['all'] });
export const services: Resource<Service> = define('v1', 'services', 'Service', {
  shortNames: ['svc'],
  categories: ['all'],
});
export const endpoints: Resource<Endpoints> = define('v1', 'endpoints', 'Endpoints', { shortNames: ['ep'] });
export const configMaps: Resource<ConfigMap> = define('v1', 'configmaps', 'ConfigMap', { shortNames: ['cm'] });
export const secrets: Resource<Secret> = define('v1', 'secrets', 'Secret');
export const serviceAccounts: Resource<ServiceAccount> = define('v1', 'serviceaccounts', 'ServiceAccount', {
  shortNames: ['sa'],
});
export const events: Resource<Event> = define('v1', 'events', 'Event', { shortNames: ['ev'] });
export const eventsV1: Resource<EventsEvent> = define('events.k8s.io/v1', 'events', 'Event', { shortNames: ['ev'] });
export const endpointSlices: Resource<EndpointSlice> = define('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice');
export const leases: Resource<Lease> = define('coordination.k8s.io/v1', 'leases', 'Lease');
export const deployments: Resource<Deployment> = define('apps/v1', 'deployments', 'Deployment', {
  shortNames: ['deploy'],
  categories: ['all'],
});
export const replicaSets: Resource<ReplicaSet> = define('apps/v1', 'replicasets', 'ReplicaSet', {
  shortNames: ['rs'],
  categories: ['all'],
});
export const horizontalPodAutoscalers: Resource<HorizontalPodAutoscaler> = define(
  'autoscaling/v2',
  'horizontalpodautoscalers',
  'HorizontalPodAutoscaler',
  {
    shortNames: ['hpa'],
    categories: ['all'],
  },
);
export const podDisruptionBudgets: Resource<PodDisruptionBudget> = define(
  'policy/v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
  { shortNames: ['pdb'] },
);
export const customResourceDefinitions: Resource<CustomResourceDefinition> = define(
  'apiextensions.k8s.io/v1',
  'customresourcedefinitions',
  'CustomResourceDefinition',
  {
    namespaced: false,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
  },
);
/** Served through its CustomResourceDefinition, like anybody's. */
export const inferences: Resource<Inference> = define('slipway.dev/v1alpha1', 'inferences', 'Inference', {
  shortNames: ['inf'],
  categories: ['all'],
});
