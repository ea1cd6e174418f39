import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod } from '../../api/schema/core-v1.ts';
import { podStatus, type PodStatusInput } from './pod-status.ts';

const nowMs = Date.parse('2026-01-01T00:00:10Z');

function pod(status: object = { phase: 'Pending', qosClass: 'BestEffort' }, spec: object = {}): Pod {
  return {
    metadata: { name: 'p', generation: 3 },
    spec: { restartPolicy: 'Always', containers: [{ name: 'c', resources: {} }], ...spec },
    status,
  } as unknown as Pod;
}

const container = (change: object): ContainerStatus =>
  ({ name: 'c', lastState: {}, ready: false, ...change }) as unknown as ContainerStatus;
const running = container({ state: { running: {} }, ready: true, started: true });
const unready = container({ state: { running: {} }, started: true });
const creating = container({ state: { waiting: { reason: 'ContainerCreating' } } });
const ended = (exitCode: number): ContainerStatus => container({ state: { terminated: { exitCode } } });

function report(change: Partial<PodStatusInput> = {}) {
  return podStatus({
    pod: pod(),
    hostIP: '192.168.0.1',
    podIP: '10.0.0.2',
    containers: [running],
    initContainers: [],
    hasInitialized: true,
    isStopped: false,
    end: undefined,
    nowMs,
    ...change,
  });
}

const conditionsOf = (status: ReturnType<typeof report>): readonly string[] =>
  (status.conditions ?? []).map(({ type, status: value, reason = '', message = '' }) =>
    [type, value, reason, message].filter((text) => text !== '').join(' '),
  );

test('a pod that runs says where, since when, and of which generation', () => {
  const { conditions: _conditions, ...rest } = report();
  assert.deepEqual(rest, {
    observedGeneration: 3,
    phase: 'Running',
    hostIP: '192.168.0.1',
    hostIPs: [{ ip: '192.168.0.1' }],
    podIP: '10.0.0.2',
    podIPs: [{ ip: '10.0.0.2' }],
    startTime: '2026-01-01T00:00:10Z',
    containerStatuses: [running],
    qosClass: 'BestEffort',
  });
});

const conditionCases: readonly { when: string; input: Partial<PodStatusInput>; then: readonly string[] }[] = [
  {
    when: 'all is well',
    input: {},
    then: [
      'PodReadyToStartContainers True',
      'Initialized True',
      'Ready True',
      'ContainersReady True',
      'PodScheduled True',
    ],
  },
  {
    when: 'there is no sandbox yet',
    input: { podIP: undefined, containers: [creating], hasInitialized: false },
    then: [
      'PodReadyToStartContainers False',
      'Initialized True',
      'Ready False ContainersNotReady containers with unready status: [c]',
      'ContainersReady False ContainersNotReady containers with unready status: [c]',
      'PodScheduled True',
    ],
  },
  {
    when: 'init containers are under way',
    input: {
      pod: pod(undefined, {
        initContainers: [
          { name: 'i', resources: {} },
          { name: 'j', resources: {} },
        ],
      }),
      containers: [creating],
      initContainers: [container({ name: 'i', state: { running: {} } })],
      hasInitialized: false,
    },
    then: [
      'PodReadyToStartContainers True',
      'Initialized False ContainersNotInitialized containers with unknown status: [j], containers with incomplete status: [i]',
      'Ready False ContainersNotReady containers with unready status: [c]',
      'ContainersReady False ContainersNotReady containers with unready status: [c]',
      'PodScheduled True',
    ],
  },
  {
    when: 'a gate is not open',
    input: { pod: pod(undefined, { readinessGates: [{ conditionType: 'example.com/gate' }] }) },
    then: [
      'PodReadyToStartContainers True',
      'Initialized True',
      'Ready False ReadinessGatesNotReady corresponding condition of pod readiness gate "example.com/gate" does not exist.',
      'ContainersReady True',
      'PodScheduled True',
    ],
  },
  {
    when: 'it succeeded',
    input: { pod: pod(undefined, { restartPolicy: 'Never' }), containers: [ended(0)], isStopped: true },
    then: [
      'PodReadyToStartContainers True',
      'Initialized True PodCompleted',
      'Ready False PodCompleted',
      'ContainersReady False PodCompleted',
      'PodScheduled True',
    ],
  },
  {
    when: 'it failed',
    input: { pod: pod(undefined, { restartPolicy: 'Never' }), containers: [ended(1)], isStopped: true },
    then: [
      'PodReadyToStartContainers True',
      'Initialized True',
      'Ready False PodFailed',
      'ContainersReady False PodFailed',
      'PodScheduled True',
    ],
  },
];

for (const { when, input, then } of conditionCases)
  test(`the conditions when ${when}`, () => assert.deepEqual(conditionsOf(report(input)), then));

test('times of conditions stay while their status does; conditions of others stay, and come first', () => {
  const earlier = '2026-01-01T00:00:00Z';
  const conditions = [
    { type: 'Ready', status: 'True', lastTransitionTime: earlier },
    { type: 'ContainersReady', status: 'True', lastTransitionTime: earlier },
    { type: 'example.com/own', status: 'True', lastTransitionTime: earlier },
  ];
  const times = (status: ReturnType<typeof report>): readonly string[] =>
    (status.conditions ?? [])
      .filter(({ type }) => conditions.some((each) => each.type === type))
      .map(({ type, lastTransitionTime = '' }) => `${type} ${lastTransitionTime.slice(17, 19)}`);
  const old = pod({ phase: 'Running', conditions });
  assert.deepEqual(times(report({ pod: old })), ['example.com/own 00', 'Ready 00', 'ContainersReady 00']);
  assert.deepEqual(times(report({ pod: old, containers: [unready] })), [
    'example.com/own 00',
    'Ready 10',
    'ContainersReady 10',
  ]);
});

test('a pod is not shown as ended while something of it may run', () => {
  const old = pod({ phase: 'Running' }, { restartPolicy: 'Never' });
  assert.equal(report({ pod: old, containers: [ended(1)] }).phase, 'Running');
  assert.equal(report({ pod: old, containers: [ended(1)], isStopped: true }).phase, 'Failed');
});

test('a pod that was stopped has ended, whatever its policy', () => {
  assert.equal(report({ pod: pod({ phase: 'Running' }), containers: [ended(0)], isStopped: true }).phase, 'Succeeded');
  assert.equal(report({ pod: pod({ phase: 'Running' }), containers: [ended(1)], isStopped: true }).phase, 'Failed');
  assert.equal(report({ containers: [creating], isStopped: true }).phase, 'Failed');
});

test('a pod does not come back from its end, and keeps the reason of it', () => {
  const old = pod({ phase: 'Failed', reason: 'DeadlineExceeded', message: 'too long' });
  const { phase, reason, message } = report({ pod: old });
  assert.deepEqual([phase, reason, message], ['Failed', 'DeadlineExceeded', 'too long']);
});

test('an end from outside is told with its reason once nothing runs any more', () => {
  const end = { reason: 'DeadlineExceeded', message: 'too long' };
  const before = report({ pod: pod({ phase: 'Running' }), end });
  assert.deepEqual([before.phase, before.reason], ['Running', undefined]);
  const after = report({ pod: pod({ phase: 'Running' }), end, containers: [ended(137)], isStopped: true });
  assert.deepEqual([after.phase, after.reason, after.message], ['Failed', 'DeadlineExceeded', 'too long']);
});

test('the address stays known when the sandbox is gone', () => {
  const old = pod({ phase: 'Succeeded', podIP: '10.0.0.2', startTime: '2026-01-01T00:00:00Z' });
  const { podIP, startTime } = report({ pod: old, podIP: undefined, containers: [ended(0)], isStopped: true });
  assert.deepEqual([podIP, startTime], ['10.0.0.2', '2026-01-01T00:00:00Z']);
});
