import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scale } from '../../api/schema/autoscaling-v1.ts';
import type { HorizontalPodAutoscaler, MetricSpec } from '../../api/schema/autoscaling-v2.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import { decide, defaultSettings, needsMetrics, noHistory } from './decide.ts';
import type { Observed, Plan } from './decide.ts';
import type { MetricObservation } from './observe-metric.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const meta = (name: string) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});

const inFlight: MetricSpec = {
  type: 'Pods',
  pods: { metric: { name: 'slipway_in_flight_requests' }, target: { type: 'AverageValue', averageValue: '4' } },
};
const cpu: MetricSpec = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
};

const hpa = (spec: Partial<HorizontalPodAutoscaler['spec']> = {}): HorizontalPodAutoscaler => ({
  metadata: meta('chat'),
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'chat' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [inFlight],
    ...spec,
  },
  status: { desiredReplicas: 0, currentMetrics: [] },
});

const scale = (replicas: number, selector: string | undefined = 'app=chat'): Scale => ({
  metadata: meta('chat'),
  spec: { replicas },
  status: { replicas, ...(selector === undefined ? {} : { selector }) },
});

const pods = (count: number): Pod[] =>
  Array.from({ length: count }, (_, index) => ({
    metadata: meta(`chat-${index}`),
    spec: { containers: [{ name: 'server', resources: { requests: { cpu: '1' } } }] },
    status: {
      phase: 'Running',
      startTime: '2026-01-01T00:00:00Z',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:01:00Z' }],
    },
  }));

const values = (...millis: readonly number[]): MetricObservation => ({
  kind: 'pods',
  samples: new Map(
    millis.map((value, index) => [`chat-${index}`, { value: BigInt(value), timestamp: now, windowMs: 60_000 }]),
  ),
});
const failed = (error: string): MetricObservation => ({ kind: 'failed', error });

function plan(
  object: HorizontalPodAutoscaler,
  target: Observed['scale'],
  observations: readonly MetricObservation[] = [],
  more: Partial<Observed> & { selectorError?: string; controlledBy?: readonly string[]; podCount?: number } = {},
): Plan {
  const count = 'error' in target ? 0 : (more.podCount ?? target.spec.replicas ?? 0);
  return decide({
    hpa: object,
    scale: target,
    metrics: {
      pods: pods(count),
      observations,
      controlledBy: more.controlledBy ?? ['default/chat'],
      ...(more.selectorError === undefined ? {} : { selectorError: more.selectorError }),
    },
    history: noHistory,
    settings: defaultSettings,
    now,
    ...more,
  });
}

const conditions = ({ status }: Plan): string[] =>
  (status.conditions ?? []).map(({ type, status: value, reason }) => `${type}=${value} ${reason}`);
const events = (made: Plan): string[] =>
  made.events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

test('more in flight than the target grows the set and says why', () => {
  const made = plan(hpa(), scale(2), [values(8_000, 12_000)]);
  assert.equal(made.rescale?.replicas, 4, 'five are asked for, four is the limit of doubling');
  assert.deepEqual(conditions(made), [
    'AbleToScale=True SucceededRescale',
    'ScalingActive=True ValidMetricFound',
    'ScalingLimited=True ScaleUpLimit',
  ]);
  assert.deepEqual(events(made), [
    'Normal SuccessfulRescale: New size: 4; reason: pods metric slipway_in_flight_requests above target',
  ]);
  assert.deepEqual(
    { ...made.status, conditions: undefined },
    {
      lastScaleTime: '2026-01-01T12:00:00Z',
      currentReplicas: 2,
      desiredReplicas: 4,
      currentMetrics: [
        { type: 'Pods', pods: { metric: { name: 'slipway_in_flight_requests' }, current: { averageValue: '10' } } },
      ],
      conditions: undefined,
    },
  );
  assert.equal(
    made.status.conditions?.[1]?.message,
    'the HPA was able to successfully calculate a replica count from pods metric slipway_in_flight_requests',
  );
});

test('less in flight shrinks the set only after five minutes', () => {
  const first = plan(hpa(), scale(4), [values(0, 0, 0, 0)]);
  assert.equal(first.rescale, undefined);
  assert.deepEqual(conditions(first), [
    'AbleToScale=True ScaleDownStabilized',
    'ScalingActive=True ValidMetricFound',
    'ScalingLimited=False DesiredWithinRange',
  ]);
  let { history } = first;
  let later: Plan = first;
  for (let seconds = 15; seconds <= 315; seconds += 15) {
    later = plan(hpa(), scale(4), [values(0, 0, 0, 0)], { history, now: now + seconds * 1000 });
    ({ history } = later);
    if (seconds < 315) assert.equal(later.rescale, undefined, `${seconds} s`);
  }
  assert.equal(later.rescale?.replicas, 1);
  assert.equal(later.rescale?.reason, 'All metrics below target');
});

test('with behavior and no windows it shrinks at once, and its policies hold over time', () => {
  const object = hpa({
    behavior: {
      scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
      scaleDown: { stabilizationWindowSeconds: 0 },
    },
  });
  assert.equal(plan(object, scale(4), [values(0, 0, 0, 0)]).rescale?.replicas, 1);
  const up = plan(object, scale(2), [values(40_000, 40_000)]);
  assert.equal(up.rescale?.replicas, 3);
  const soon = plan(object, scale(3), [values(40_000, 40_000, 40_000)], { history: up.history, now: now + 30_000 });
  assert.equal(soon.rescale, undefined);
  assert.equal(conditions(soon)[2], 'ScalingLimited=True ScaleUpLimit');
  const later = plan(object, scale(3), [values(40_000, 40_000, 40_000)], { history: up.history, now: now + 61_000 });
  assert.equal(later.rescale?.replicas, 4);
});

test("its own tolerance counts instead of the controller's", () => {
  const object = hpa({ behavior: { scaleUp: { tolerance: '1m' } } });
  assert.equal(plan(object, scale(2), [values(4_200, 4_200)]).rescale?.replicas, 3);
  assert.equal(plan(hpa(), scale(2), [values(4_200, 4_200)]).rescale, undefined);
});

test('the count is brought between the bounds without looking at metrics', () => {
  const rows: readonly (readonly [current: number, min: number, to: number | undefined, reason: string])[] = [
    [20, 1, 10, 'Current number of replicas above Spec.MaxReplicas'],
    [2, 3, 3, 'Current number of replicas below Spec.MinReplicas'],
  ];
  for (const [current, minReplicas, to, reason] of rows) {
    const object = hpa({ minReplicas });
    assert.equal(needsMetrics(object, current), false);
    const made = plan(object, scale(current), [], { metrics: undefined });
    assert.deepEqual([made.rescale?.replicas, made.rescale?.reason], [to, reason]);
    assert.deepEqual(events(made), [`Normal SuccessfulRescale: New size: ${to}; reason: ${reason}`]);
    assert.deepEqual(conditions(made), ['AbleToScale=True SucceededRescale']);
  }
});

test('at zero replicas the autoscaler rests', () => {
  assert.equal(needsMetrics(hpa(), 0), false);
  const made = plan(hpa(), scale(0), [], { metrics: undefined });
  assert.equal(made.rescale, undefined);
  assert.deepEqual(conditions(made), ['AbleToScale=True SucceededGetScale', 'ScalingActive=False ScalingDisabled']);
  assert.equal(made.status.desiredReplicas, 0);
});

test('the largest of several metrics wins', () => {
  const object = hpa({ metrics: [cpu, inFlight] });
  const made = plan(object, scale(2), [values(600, 600), values(6_000, 6_000)]);
  assert.equal(made.rescale?.replicas, 3);
  assert.equal(made.rescale?.reason, 'cpu resource utilization (percentage of request) above target');
  assert.deepEqual(made.status.currentMetrics[0], {
    type: 'Resource',
    resource: { name: 'cpu', current: { averageUtilization: 60, averageValue: '600m' } },
  });
});

test('one broken metric forbids going down but not up, and is told either way', () => {
  const object = hpa({ metrics: [cpu, inFlight] });
  const broken = failed('unable to fetch metrics from resource metrics API: the server is gone');
  const condition = 'ScalingActive=False FailedGetResourceMetric';

  const down = plan(object, scale(4), [broken, values(0, 0, 0, 0)]);
  assert.equal(down.rescale, undefined);
  assert.equal(conditions(down)[1], condition);
  assert.equal(
    down.status.conditions?.[1]?.message,
    'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server is gone',
  );
  assert.deepEqual(events(down), [
    'Warning FailedGetResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server is gone',
    'Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 2), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server is gone',
  ]);
  assert.deepEqual(down.status.currentMetrics[0], { type: '' });

  const up = plan(object, scale(2), [broken, values(20_000, 20_000)]);
  assert.equal(up.rescale?.replicas, 4);
  assert.equal(conditions(up)[1], 'ScalingActive=True ValidMetricFound');
  assert.match(up.error ?? '', /^invalid metrics \(1 invalid out of 2\)/);

  const all = plan(object, scale(2), [broken, failed('no metrics returned from custom metrics API')]);
  assert.equal(all.rescale, undefined);
  assert.equal(conditions(all)[1], condition);
});

test('each kind of metric fails in its own words', async (t) => {
  const why = 'unable to fetch metrics from custom metrics API: not served';
  const rows: readonly (readonly [spec: MetricSpec, reason: string, message: string])[] = [
    [inFlight, 'FailedGetPodsMetric', `unable to get metric slipway_in_flight_requests: ${why}`],
    [
      {
        type: 'ContainerResource',
        containerResource: {
          name: 'memory',
          container: 'server',
          target: { type: 'AverageValue', averageValue: '1Gi' },
        },
      },
      'FailedGetContainerResourceMetric',
      `failed to get memory usage: unable to get metrics for resource memory: ${why}`,
    ],
    [
      {
        type: 'Object',
        object: {
          describedObject: { kind: 'Service', name: 'chat', apiVersion: 'v1' },
          metric: { name: 'qps' },
          target: { type: 'Value', value: '10' },
        },
      },
      'FailedGetObjectMetric',
      `unable to get metric qps: Service on default chat/${why}`,
    ],
    [
      {
        type: 'Object',
        object: {
          describedObject: { kind: 'Service', name: 'chat', apiVersion: 'v1' },
          metric: { name: 'qps' },
          target: { type: 'AverageValue', averageValue: '10' },
        },
      },
      'FailedGetObjectMetric',
      `failed to get qps object metric: unable to get metric qps: Service on default chat/${why}`,
    ],
    [
      {
        type: 'External',
        external: {
          metric: { name: 'queue', selector: { matchLabels: { b: '2', a: '1' } } },
          target: { type: 'AverageValue', averageValue: '10' },
        },
      },
      'FailedGetExternalMetric',
      `failed to get queue external metric: unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{},}: ${why}`,
    ],
    [{ type: 'CheddarCheese' }, 'InvalidMetricSourceType', 'unknown metric source type "CheddarCheese"'],
  ];
  for (const [spec, reason, message] of rows) {
    await t.test(`${spec.type} ${reason}`, () => {
      const made = plan(hpa({ metrics: [spec] }), scale(3), [failed(why)]);
      assert.equal(events(made)[0], `Warning ${reason}: ${message}`);
      assert.equal(conditions(made)[1], `ScalingActive=False ${reason}`);
      assert.equal(made.rescale, undefined);
    });
  }
});

test('object and external metrics scale by their value', async (t) => {
  const described = { kind: 'Service', name: 'chat', apiVersion: 'v1' };
  const rows: readonly (readonly [spec: MetricSpec, seen: MetricObservation, to: number | undefined, name: string])[] =
    [
      [
        {
          type: 'Object',
          object: { describedObject: described, metric: { name: 'qps' }, target: { type: 'Value', value: '15' } },
        },
        { kind: 'value', value: 20_000n },
        4,
        'Service metric qps',
      ],
      [
        {
          type: 'Object',
          object: {
            describedObject: described,
            metric: { name: 'qps' },
            target: { type: 'AverageValue', averageValue: '5' },
          },
        },
        { kind: 'value', value: 20_000n },
        4,
        'external metric qps(nil)',
      ],
      [
        {
          type: 'External',
          external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '5' } },
        },
        { kind: 'values', values: [10_000n, 10_000n] },
        4,
        'external metric queue(nil)',
      ],
      [
        { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '15' } } },
        { kind: 'values', values: [10_000n, 10_000n] },
        4,
        'external metric queue(nil)',
      ],
    ];
  for (const [spec, seen, to, name] of rows) {
    await t.test(name, () => {
      const made = plan(hpa({ metrics: [spec] }), scale(3), [seen]);
      assert.equal(made.rescale?.replicas, to);
      assert.equal(made.rescale?.reason, `${name} above target`);
    });
  }
});

test('a target that cannot be read is told', () => {
  const why = 'deployments.apps "chat" not found';
  const made = plan(hpa(), { error: why });
  assert.deepEqual(events(made), [`Warning FailedGetScale: ${why}`]);
  assert.deepEqual(conditions(made), ['AbleToScale=False FailedGetScale']);
  assert.equal(
    made.status.conditions?.[0]?.message,
    `the HPA controller was unable to get the target's current scale: ${why}`,
  );
});

test('a selector that is missing, broken or shared stops everything', () => {
  const missing = plan(hpa(), scale(3, ''), [values(1)]);
  assert.deepEqual(conditions(missing)[1], 'ScalingActive=False InvalidSelector');
  assert.equal(events(missing)[0], 'Warning SelectorRequired: selector is required');
  assert.equal(missing.status.conditions?.[1]?.message, "the HPA target's scale is missing a selector");

  const broken = plan(hpa(), scale(3, '!@#'), [values(1)], { selectorError: 'bad' });
  assert.deepEqual(conditions(broken)[1], 'ScalingActive=False InvalidSelector');

  const shared = plan(hpa(), scale(3), [values(1)], { controlledBy: ['default/a', 'default/b'] });
  assert.deepEqual(conditions(shared)[1], 'ScalingActive=False AmbiguousSelector');
  assert.equal(
    events(shared)[0],
    'Warning AmbiguousSelector: pods by selector app=chat are controlled by multiple HPAs: [default/a default/b]',
  );
});

test('a scale that cannot be written is told, and nothing is remembered as scaled', () => {
  const made = plan(hpa(), scale(2), [values(20_000, 20_000)]);
  const after = made.rescale!.failed('etcd is on fire');
  assert.equal(
    events(after)[0],
    'Warning FailedRescale: New size: 4; reason: pods metric slipway_in_flight_requests above target; error: etcd is on fire',
  );
  assert.equal(conditions(after)[0], 'AbleToScale=False FailedUpdateScale');
  assert.equal(after.status.lastScaleTime, undefined);
  assert.equal(after.status.desiredReplicas, 0);
});

test('nothing new is a status without a change', () => {
  const object = hpa();
  const first = plan(object, scale(2), [values(4_000, 4_000)]);
  const again = plan({ ...object, status: first.status }, scale(2), [values(4_000, 4_000)], {
    history: first.history,
    now: now + 15_000,
  });
  assert.deepEqual(again.status, first.status);
  assert.deepEqual(again.events, []);
});

test('replicas that load a model are supply: a step in load is answered once', () => {
  // Ten requests a replica is the target; forty come; each new replica takes a minute to load.
  const object = hpa({
    maxReplicas: 100,
    metrics: [{ ...inFlight, pods: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '10' } } }],
  });
  let current = 1;
  let history = noHistory;
  for (let seconds = 0; seconds < 60; seconds += 15) {
    const made = plan(object, scale(current), [values(40_000)], { history, now: now + seconds * 1000 });
    history = made.history;
    current = made.rescale?.replicas ?? current;
    assert.ok(current <= 4, `${current} replicas after ${seconds} s`);
  }
  assert.equal(current, 4);
});
