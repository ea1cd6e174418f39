import { metricsPipeline } from '../autoscaling/metrics/metrics-pipeline.ts';
import type { MetricsApi } from '../autoscaling/metrics/metrics-api.ts';
import type { AggregatedApi } from '../apiserver/backends.ts';
import { ApiError } from '../api/error.ts';
import type { Resource } from '../api/resource.ts';
import { pods } from '../api/resources.ts';
import { healthReader } from '../host/health-reader.ts';
import { httpGet } from '../host/http-get.ts';
import type { ProcessRuntime } from '../host/process-runtime/process-runtime.ts';
import type { Component } from '../machinery/controller.ts';
import { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';
import { controlPlane } from './control-plane.ts';
import { systemNamespace } from './gateway-deployment.ts';
import { localNodes } from './local-nodes.ts';
import { localServiceProxy } from './local-service-proxy.ts';
import { localUsage } from './local-usage.ts';

/** What the API server serves and only exists once its clients do. */
export interface Late {
  informers?: Informers;
  metrics?: MetricsApi;
}

export interface LocalComponentsOptions {
  readonly nodes: number;
  readonly runtime: ProcessRuntime;
  readonly late: Late;
  /** PEM, for the ConfigMap that pods find it in. */
  readonly authority: string;
  readonly gatewayUrl: string;
  /** What the API server serves now. */
  readonly resources: () => readonly Resource[];
}

export const nodeNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `node-${index + 1}`);

/** Everything that works on the objects of the API server, in the order of its start. */
export async function startComponents(
  world: World,
  { nodes, runtime, late, authority, gatewayUrl, resources }: LocalComponentsOptions,
): Promise<readonly Component[]> {
  const informers = new Informers(world);
  late.informers = informers;
  const names = nodeNames(nodes);
  const http = httpGet();
  const metrics = metricsPipeline(world, informers, {
    usage: localUsage({
      pods: informers.for(pods).lister,
      nodes: names,
      runtimeOf: (node) => runtime.forNode(node),
      startedAtMs: world.clock.now(),
    }),
    http,
    gatewayNamespace: systemNamespace,
  });
  late.metrics = metrics.api;
  const components: Component[] = [
    informers,
    ...controlPlane(world, informers, {
      rootCertificate: authority,
      resources,
      metrics: metrics.source,
      gatewayUrl,
      health: healthReader(),
    }),
    ...metrics.components,
    localServiceProxy(world, informers),
    ...localNodes(world, informers, { names, runtime }),
  ];
  await startAll(components);
  return components;
}

/** Those that follow wait for what they read; starting them one after the other would add up the waiting. */
async function startAll(components: readonly Component[]): Promise<void> {
  await Promise.all(components.map((component) => component.start()));
}

/** Backwards: what others read ends last. */
export async function stopAll(components: readonly Component[]): Promise<void> {
  for (const component of components.toReversed()) await component.stop();
}

/** metrics.k8s.io, which the API server lists in its discovery before anything has been measured. */
export function lateMetricsApi(late: Late): AggregatedApi {
  const verbs = ['get', 'list'];
  return {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    resources: [
      { resource: 'nodes', singular: '', kind: 'NodeMetrics', namespaced: false, verbs },
      { resource: 'pods', singular: '', kind: 'PodMetrics', namespaced: true, verbs },
    ],
    async handle(request) {
      if (late.metrics === undefined) throw new ApiError('ServiceUnavailable', 'nothing has been measured yet');
      return await late.metrics.handle(request);
    },
  };
}
