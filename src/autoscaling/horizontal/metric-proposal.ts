import { formatQuantity, milliValue, parseQuantity, quantityOfMillis } from '../../api/quantity.ts';
import type {
  ExternalMetricSource,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  ObjectMetricSource,
  PodsMetricSource,
} from '../../api/schema/autoscaling-v2.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { LabelSelector } from '../../api/schema/meta-v1.ts';
import { MetricFailure } from './metric-failure.ts';
import type { MetricObservation } from './observe-metric.ts';
import type { ReadinessPeriods } from './pod-groups.ts';
import { reasons } from './reasons.ts';
import { replicasForAverage, replicasForUtilization } from './replica-rule.ts';
import type { PodMetricInput } from './replica-rule.ts';
import type { Tolerances } from './tolerances.ts';
import { replicasForAverageOfValue, replicasForValue, sumOfValues } from './value-rule.ts';
import type { ValueProposal } from './value-rule.ts';

export interface ProposalInput {
  readonly namespace: string;
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly pods: readonly Pod[];
  readonly tolerances: Tolerances;
  readonly periods: ReadinessPeriods;
}

export type MetricProposal =
  | {
      readonly ok: true;
      readonly replicas: number;
      /** As events and conditions name it. */
      readonly metric: string;
      readonly status: MetricStatus;
    }
  | {
      readonly ok: false;
      /** Of the event and of the ScalingActive condition. */
      readonly reason: string;
      /** The event's message; the condition's after its prefix. */
      readonly message: string;
      /** What the whole HPA's failure quotes. */
      readonly error: string;
    };

/**
 * How many replicas one entry of spec.metrics asks for, with upstream's names and error texts.
 * Upstream: horizontal.go computeReplicasForMetric and the functions it calls.
 */
export function proposeForMetric(
  spec: MetricSpec,
  observation: MetricObservation,
  input: ProposalInput,
): MetricProposal {
  const kind = kindOf(spec);
  if (kind === undefined) {
    const message = `unknown metric source type "${spec.type}"`;
    return { ok: false, reason: reasons.invalidMetricSourceType, message, error: message };
  }
  try {
    return { ok: true, ...kind.propose(observation, input) };
  } catch (error) {
    if (!(error instanceof MetricFailure)) throw error;
    return { ok: false, reason: kind.reason, message: error.message, error: `${kind.subject}: ${error.message}` };
  }
}

interface Proposed {
  readonly replicas: number;
  readonly metric: string;
  readonly status: MetricStatus;
}

interface Kind {
  readonly reason: string;
  readonly subject: string;
  readonly propose: (observation: MetricObservation, input: ProposalInput) => Proposed;
}

function kindOf({ type, resource, containerResource, pods, object, external }: MetricSpec): Kind | undefined {
  if (type === 'Resource' && resource !== undefined) {
    return {
      reason: reasons.failedGetResourceMetric,
      subject: `failed to get ${resource.name} resource metric value`,
      propose(observation, input) {
        const { current, ...proposed } = forResource(resource.name, '', resource.target, observation, input);
        return { ...proposed, status: { type, resource: { name: resource.name, current } } };
      },
    };
  }
  if (type === 'ContainerResource' && containerResource !== undefined) {
    const { name, container, target } = containerResource;
    return {
      reason: reasons.failedGetContainerResourceMetric,
      subject: `failed to get ${container} container metric value`,
      propose(observation, input) {
        const { current, ...proposed } = forResource(name, container, target, observation, input);
        return { ...proposed, status: { type, containerResource: { name, container, current } } };
      },
    };
  }
  if (type === 'Pods' && pods !== undefined) {
    return {
      reason: reasons.failedGetPodsMetric,
      subject: 'failed to get pods metric value',
      propose: (observation, input) => forPods(pods, observation, input),
    };
  }
  if (type === 'Object' && object !== undefined) {
    return {
      reason: reasons.failedGetObjectMetric,
      subject: 'failed to get object metric value',
      propose: (observation, input) => forObject(object, observation, input),
    };
  }
  if (type === 'External' && external !== undefined) {
    return {
      reason: reasons.failedGetExternalMetric,
      subject: `failed to get ${external.metric.name} external metric value`,
      propose: (observation, input) => forExternal(external, observation, input),
    };
  }
  return undefined;
}

function forResource(
  name: string,
  container: string,
  target: MetricTarget,
  observation: MetricObservation,
  input: ProposalInput,
): { replicas: number; metric: string; current: MetricValueStatus } {
  const format = name === 'memory' ? 'BinarySI' : 'DecimalSI';
  const average = (millis: bigint): string => formatQuantity(quantityOfMillis(millis, format));
  if (target.averageValue !== undefined) {
    const { averageValue } = target;
    const { replicas, usage } = within(`failed to get ${name} usage: `, () =>
      replicasForAverage(podInput(`unable to get metrics for resource ${name}: `, observation, input), {
        resource: name,
        averageValue: milliOf(averageValue),
      }),
    );
    return { replicas, metric: `${name} resource`, current: { averageValue: average(usage.average) } };
  }
  if (target.averageUtilization === undefined)
    throw new MetricFailure(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    );
  const utilization = target.averageUtilization;
  const { replicas, usage } = within(`failed to get ${name} utilization: `, () =>
    replicasForUtilization(podInput(`unable to get metrics for resource ${name}: `, observation, input), {
      resource: name,
      container,
      utilization,
    }),
  );
  const what = container === '' ? 'resource utilization' : 'container resource utilization';
  return {
    replicas,
    metric: `${name} ${what} (percentage of request)`,
    current: { averageUtilization: usage.utilization, averageValue: average(usage.average) },
  };
}

function forPods({ metric, target }: PodsMetricSource, observation: MetricObservation, input: ProposalInput): Proposed {
  if (target.averageValue === undefined)
    throw new MetricFailure('invalid pods metric source: no average value target was set');
  const { replicas, usage } = replicasForAverage(
    podInput(`unable to get metric ${metric.name}: `, observation, input),
    { resource: '', averageValue: milliOf(target.averageValue) },
  );
  return {
    replicas,
    metric: `pods metric ${metric.name}`,
    status: { type: 'Pods', pods: { metric, current: { averageValue: milliText(usage.average) } } },
  };
}

function forObject(
  { metric, target, describedObject }: ObjectMetricSource,
  observation: MetricObservation,
  { namespace, specReplicas, statusReplicas, pods, tolerances }: ProposalInput,
): Proposed {
  const { kind, name } = describedObject;
  const usage = (): bigint => {
    if (observation.kind === 'value') return observation.value;
    throw new MetricFailure(
      `unable to get metric ${metric.name}: ${kind} on ${namespace} ${name}/${errorOf(observation)}`,
    );
  };
  const status = (current: MetricValueStatus): MetricStatus => ({
    type: 'Object',
    object: { describedObject, metric, current },
  });
  if (target.type === 'Value' && target.value !== undefined) {
    const proposal = replicasForValue({
      currentReplicas: specReplicas,
      pods,
      usage: usage(),
      target: milliOf(target.value),
      tolerances,
    });
    return {
      replicas: proposal.replicas,
      metric: `${kind} metric ${metric.name}`,
      status: status({ value: milliText(proposal.usage) }),
    };
  }
  if (target.type === 'AverageValue' && target.averageValue !== undefined) {
    const averageValue = milliOf(target.averageValue);
    const proposal = within(`failed to get ${metric.name} object metric: `, () =>
      replicasForAverageOfValue({ statusReplicas, usage: usage(), target: averageValue, tolerances }),
    );
    return {
      replicas: proposal.replicas,
      metric: `external metric ${metric.name}(${selectorText(metric.selector)})`,
      status: status({ averageValue: milliText(proposal.usage) }),
    };
  }
  throw new MetricFailure('invalid object metric source: neither a value target nor an average value target was set');
}

function forExternal(
  { metric, target }: ExternalMetricSource,
  observation: MetricObservation,
  { namespace, specReplicas, statusReplicas, pods, tolerances }: ProposalInput,
): Proposed {
  const selector = selectorText(metric.selector);
  const usage = (): bigint => {
    if (observation.kind === 'values') return sumOfValues(observation.values);
    throw new MetricFailure(
      `unable to get external metric ${namespace}/${metric.name}/${selector}: ${errorOf(observation)}`,
    );
  };
  const name = `external metric ${metric.name}(${selector})`;
  const proposed = ({ replicas }: ValueProposal, current: MetricValueStatus): Proposed => ({
    replicas,
    metric: name,
    status: { type: 'External', external: { metric, current } },
  });
  if (target.averageValue !== undefined) {
    const averageValue = milliOf(target.averageValue);
    const proposal = within(`failed to get ${metric.name} external metric: `, () =>
      replicasForAverageOfValue({ statusReplicas, usage: usage(), target: averageValue, tolerances }),
    );
    return proposed(proposal, { averageValue: milliText(proposal.usage) });
  }
  if (target.value !== undefined) {
    const value = milliOf(target.value);
    const proposal = within(`failed to get external metric ${metric.name}: `, () =>
      replicasForValue({ currentReplicas: specReplicas, pods, usage: usage(), target: value, tolerances }),
    );
    return proposed(proposal, { value: milliText(proposal.usage) });
  }
  throw new MetricFailure('invalid external metric source: neither a value target nor an average value target was set');
}

function podInput(
  prefix: string,
  observation: MetricObservation,
  { specReplicas, pods, tolerances, periods }: ProposalInput,
): PodMetricInput {
  if (observation.kind !== 'pods') throw new MetricFailure(`${prefix}${errorOf(observation)}`);
  return { currentReplicas: specReplicas, pods, samples: observation.samples, tolerances, periods };
}

function errorOf(observation: MetricObservation): string {
  if (observation.kind !== 'failed') throw new Error(`bug: an observation of kind ${observation.kind} does not fit`);
  return observation.error;
}

/** Runs, and puts `prefix` before the message of a failure, as upstream's wrapping does. */
function within<T>(prefix: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof MetricFailure) throw new MetricFailure(`${prefix}${error.message}`);
    throw error;
  }
}

/** As Go prints a pointer to a selector. */
function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const labels = Object.keys(matchLabels)
    .toSorted()
    .map((key) => `${key}: ${matchLabels[key] ?? ''},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

const milliOf = (text: string): bigint => milliValue(parseQuantity(text));
const milliText = (millis: bigint): string => formatQuantity(quantityOfMillis(millis));
