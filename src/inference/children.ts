import { canonicalQuantity, formatQuantity, parseQuantity, roundUpToMilli } from '../api/quantity.ts';
import type { Deployment } from '../api/schema/apps-v1.ts';
import type { HorizontalPodAutoscaler } from '../api/schema/autoscaling-v2.ts';
import type { EnvVar, Service } from '../api/schema/core-v1.ts';
import type { Draft } from '../api/schema/draft.ts';
import type { OwnerReference } from '../api/schema/meta-v1.ts';
import type { PodDisruptionBudget } from '../api/schema/policy-v1.ts';
import { inferenceLabel, type Inference } from '../api/slipway/v1alpha1/inference.ts';
import { parseDuration } from '../std/duration.ts';
import { type ModelServer, portName, probes } from './catalogue.ts';

/** The plain Kubernetes objects that serve an Inference: only the fields that are ours. */
export interface Children {
  readonly deployment: Draft<Deployment>;
  readonly service: Draft<Service>;
  readonly autoscaler: Draft<HorizontalPodAutoscaler>;
  readonly budget: Draft<PodDisruptionBudget>;
}

/** What the gateway measures and the autoscaler aims at; autoscaling/metrics exports it under this name. */
export const inFlightMetric = 'slipway_in_flight_requests';

/** The server's own address, in its environment: not the user's to set. */
export const addressVariable = 'POD_IP';
/** Longer than a start may take: only then is a rollout stuck. */
const progressDeadlineSeconds = 660;
/** A moment for every gateway to see that the pod is terminating. */
const preStopSeconds = 1;
/** The server's own end, after its requests. */
const exitSeconds = 5;

export function children(inference: Inference, server: ModelServer): Children {
  const { spec } = inference;
  const metadata = metadataOf(inference);
  const selector = { [inferenceLabel]: inference.metadata.name };
  return {
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: selector },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        progressDeadlineSeconds,
        template: {
          metadata: {
            labels: selector,
            annotations: {
              'prometheus.io/scrape': 'true',
              'prometheus.io/port': String(server.port),
              'prometheus.io/path': server.metricsPath,
            },
          },
          spec: podSpec(inference, server),
        },
      },
    },
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector, ports: [{ name: portName, port: 80, targetPort: portName, protocol: 'TCP' }] },
    },
    autoscaler: {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: inference.metadata.name },
        minReplicas: spec.replicas.min,
        maxReplicas: Math.max(spec.replicas.min, spec.replicas.max),
        metrics: [
          {
            type: 'Pods',
            pods: {
              metric: { name: inFlightMetric },
              target: { type: 'AverageValue', averageValue: canonicalQuantity(String(spec.target.concurrency)) },
            },
          },
        ],
      },
    },
    budget: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { selector: { matchLabels: selector }, maxUnavailable: 1 },
    },
  };
}

function metadataOf({ metadata }: Inference): Draft<Deployment>['metadata'] {
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    labels: { [inferenceLabel]: metadata.name, 'app.kubernetes.io/managed-by': 'slipway' },
    ownerReferences: [ownerReference(metadata)],
  };
}

export function ownerReference({ name, uid }: Inference['metadata']): OwnerReference {
  return {
    apiVersion: 'slipway.dev/v1alpha1',
    kind: 'Inference',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

function podSpec(
  { metadata, spec }: Inference,
  server: ModelServer,
): NonNullable<NonNullable<NonNullable<Draft<Deployment>['spec']>['template']>['spec']> {
  const drainSeconds = Math.ceil((parseDuration(spec.drain) ?? 60_000) / 1000);
  const { cpu = server.requests.cpu, memory = server.requests.memory } = spec.resources ?? {};
  return {
    terminationGracePeriodSeconds: preStopSeconds + drainSeconds + exitSeconds,
    containers: [
      {
        name: server.name,
        image: server.image,
        args: [
          '--host',
          `$(${addressVariable})`,
          '--port',
          String(server.port),
          '--model-name',
          literal(spec.modelName ?? metadata.name),
          '--drain-seconds',
          String(drainSeconds),
          ...server.args(literal(spec.model), spec.target.concurrency),
          // Of two the later one counts, so these can change any of the above.
          ...(spec.args ?? []),
        ],
        env: [
          { name: addressVariable, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
          ...(spec.env ?? []).map(asServed),
        ],
        ports: [{ name: portName, containerPort: server.port, protocol: 'TCP' }],
        resources: {
          requests: { cpu: amount(cpu), memory: amount(memory) },
          // Memory that was asked for is also the most: a model that outgrows it should be found out here.
          ...(spec.resources?.memory === undefined ? {} : { limits: { memory: amount(memory) } }),
        },
        ...probes(server),
        lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
        // What a server says before it gives up is what people need to read.
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
  };
}

/** As every resource list is served: in canonical form, in whole thousandths. Otherwise we would see a difference forever. */
const amount = (quantity: string): string => formatQuantity(roundUpToMilli(parseQuantity(quantity)));

/** Kept from being taken for a reference to a variable. */
const literal = (text: string): string => text.replaceAll('$', '$$$$');

/** A variable as it is served. */
function asServed(variable: EnvVar): EnvVar {
  const { valueFrom } = variable;
  const divisor = valueFrom?.resourceFieldRef?.divisor;
  if (divisor === undefined) return variable;
  const resourceFieldRef = { ...valueFrom!.resourceFieldRef!, divisor: canonicalQuantity(divisor) };
  return { ...variable, valueFrom: { ...valueFrom, resourceFieldRef } };
}
