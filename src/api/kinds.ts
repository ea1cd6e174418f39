import { customResourceDefinitionKind } from './apiextensions.k8s.io/v1/custom-resource-definition.ts';
import { deploymentKind } from './apps/v1/deployment.ts';
import { replicaSetKind } from './apps/v1/replica-set.ts';
import { horizontalPodAutoscalerKind } from './autoscaling/v2/horizontal-pod-autoscaler.ts';
import { leaseKind } from './coordination.k8s.io/v1/lease.ts';
import { configMapKind } from './core/v1/config-map.ts';
import { endpointsKind } from './core/v1/endpoints.ts';
import { eventKind } from './core/v1/event.ts';
import { namespaceKind } from './core/v1/namespace.ts';
import { nodeKind } from './core/v1/node.ts';
import { podKind } from './core/v1/pod.ts';
import { secretKind } from './core/v1/secret.ts';
import { serviceAccountKind } from './core/v1/service-account.ts';
import { serviceKind } from './core/v1/service.ts';
import { endpointSliceKind } from './discovery.k8s.io/v1/endpoint-slice.ts';
import { eventsEventKind } from './events.k8s.io/v1/event.ts';
import type { KindDefinition } from './kind.ts';
import { podDisruptionBudgetKind } from './policy/v1/pod-disruption-budget.ts';
import type { KubernetesObject } from './resource.ts';

/** Every kind that is served without a CustomResourceDefinition. */
export const builtInKinds: readonly KindDefinition[] = [
  ofAnyObject(namespaceKind),
  ofAnyObject(nodeKind),
  ofAnyObject(podKind),
  ofAnyObject(serviceKind),
  ofAnyObject(endpointsKind),
  ofAnyObject(configMapKind),
  ofAnyObject(secretKind),
  ofAnyObject(serviceAccountKind),
  ofAnyObject(eventKind),
  ofAnyObject(eventsEventKind),
  ofAnyObject(endpointSliceKind),
  ofAnyObject(leaseKind),
  ofAnyObject(deploymentKind),
  ofAnyObject(replicaSetKind),
  ofAnyObject(horizontalPodAutoscalerKind),
  ofAnyObject(podDisruptionBudgetKind),
  ofAnyObject(customResourceDefinitionKind),
];

/** The server hands each definition only objects of its own kind. */
function ofAnyObject<T extends KubernetesObject>(kind: KindDefinition<T>): KindDefinition {
  return kind as unknown as KindDefinition;
}
