import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '../api/schema/apps-v1.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import type { Inference, InferenceStatus } from '../api/slipway/v1alpha1/inference.ts';
import type { ServerHealth } from './server-health.ts';
import { decideStatus, type StatusInput } from './status.ts';

const metadata = { name: 'chat', uid: 'u', resourceVersion: '1', creationTimestamp: '', generation: 7 };
const inference = (status?: InferenceStatus): Inference =>
  ({
    metadata,
    spec: { replicas: { min: 2, max: 5 }, idle: { after: '5m', action: 'zero' } },
    status,
  }) as unknown as Inference;

function deployment(replicas: number, more: { asleep?: boolean; failure?: string } = {}): Deployment {
  const conditions =
    more.failure === undefined ? [] : [{ type: 'ReplicaFailure', status: 'True', message: more.failure }];
  const annotations = more.asleep === true ? { 'slipway.dev/idle-since': '2026-01-01T00:00:00Z' } : {};
  return {
    metadata: { ...metadata, annotations },
    spec: { replicas },
    status: { conditions },
  } as unknown as Deployment;
}

type Stage = 'new' | 'homeless' | 'bound' | 'running' | 'ready' | 'broken' | 'gone';

let uids = 0;
function pod(stage: Stage, message = ''): Pod {
  const isUp = stage === 'running' || stage === 'ready';
  const condition = (type: string, status: string, text = '') => ({ type, status, message: text });
  return {
    metadata: { name: stage, uid: `pod-${uids++}`, resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [], ...(stage === 'new' || stage === 'homeless' ? {} : { nodeName: 'node-1' }) },
    status: {
      phase: stage === 'gone' ? 'Failed' : isUp ? 'Running' : 'Pending',
      ...(stage === 'gone' ? { message } : {}),
      conditions: [
        ...(stage === 'homeless' ? [condition('PodScheduled', 'False', message)] : []),
        ...(stage === 'ready' ? [condition('Ready', 'True')] : []),
      ],
      containerStatuses: [
        {
          ready: stage === 'ready',
          restartCount: 0,
          lastState: {},
          state: isUp ? { running: {} } : stage === 'broken' ? { terminated: { exitCode: 1, message } } : {},
        },
      ],
    },
  } as unknown as Pod;
}

function decided(input: Partial<StatusInput> & { latest?: readonly Pod[]; before?: readonly Pod[] }): InferenceStatus {
  const { latest = [], before = [], ...rest } = input;
  return decideStatus({
    inference: inference(),
    refusal: undefined,
    obstacle: undefined,
    deployment: deployment(2),
    pods: { latest, living: [...before, ...latest] },
    health: new Map(),
    coldStart: undefined,
    url: 'http://127.0.0.1:8080/v1',
    now: '2026-01-01T00:00:00Z',
    ...rest,
  });
}

const rows: readonly (readonly [what: string, input: Parameters<typeof decided>[0], expect: string])[] = [
  ['a refused spec', { refusal: 'no such runtime' }, 'Failed: no such runtime'],
  [
    'a child that is in the way',
    { obstacle: { kind: 'InTheWay', message: 'a Service is in the way' } },
    'Failed: a Service is in the way',
  ],
  [
    'a child that the server refuses',
    { obstacle: { kind: 'Refused', message: 'its Service is refused: x' } },
    'Failed: its Service is refused: x',
  ],
  [
    'what passes by itself is waited for',
    { obstacle: { kind: 'Passes', message: 'the old one is being removed' } },
    'Pending: the old one is being removed',
  ],
  ['nothing there yet', { deployment: undefined }, 'Pending: its Deployment is being made'],
  ['no pods yet', {}, 'Pending: its first pod is being made'],
  [
    'asleep',
    { deployment: deployment(0, { asleep: true }) },
    'Idle: it sleeps, since nobody asked for 5m; the next request wakes it',
  ],
  [
    'zero by hand, though it might sleep',
    { deployment: deployment(0) },
    'Idle: it was scaled to 0 by hand: kubectl scale deployment chat --replicas=2 wakes it',
  ],
  [
    'asleep, while its last pod ends',
    { deployment: deployment(0, { asleep: true }), latest: [pod('ready')] },
    'Idle: it sleeps, since nobody asked for 5m; the next request wakes it',
  ],
  ['a pod without a node', { latest: [pod('new')] }, 'Pending: its pod waits for a node'],
  [
    'a pod for which no node has room',
    { latest: [pod('homeless', '0/1 nodes are available: 1 Insufficient memory.')] },
    'Pending: 0/1 nodes are available: 1 Insufficient memory.',
  ],
  ['a bound pod', { latest: [pod('bound')] }, 'Loading: the model server starts'],
  ['a running pod', { latest: [pod('running')] }, 'Loading: the model server loads the model'],
  [
    'of several the furthest counts',
    { latest: [pod('new'), pod('running'), pod('homeless', 'no room')] },
    'Loading: the model server loads the model',
  ],
  ['one is ready', { latest: [pod('ready'), pod('running')] }, 'Ready: 1 of 2 replicas ready'],
  ['one replica is no replicas', { deployment: deployment(1), latest: [pod('ready')] }, 'Ready: 1 of 1 replica ready'],
  [
    'one is ready and another breaks',
    { latest: [pod('ready'), pod('broken', 'no file')] },
    'Ready: 1 of 2 replicas ready; a new one fails: no file',
  ],
  [
    'the old ones serve while new ones start',
    { before: [pod('ready'), pod('ready')], latest: [pod('running')] },
    'Ready: 2 of 2 replicas ready; the latest spec is being rolled out',
  ],
  [
    'the old ones serve while new ones break',
    { before: [pod('ready')], latest: [pod('broken', 'no file')] },
    'Ready: 1 of 2 replicas ready; a new one fails: no file',
  ],
  [
    'the old ones serve while new ones are refused',
    { before: [pod('ready')], deployment: deployment(2, { failure: 'exceeded quota' }) },
    'Ready: 1 of 2 replicas ready; a new one fails: exceeded quota',
  ],
  ['the only one breaks', { latest: [pod('broken', 'no file')] }, 'Failed: no file'],
  ['all break', { latest: [pod('broken', 'no file'), pod('broken', 'no file')] }, 'Failed: no file'],
  [
    'one breaks and another may still come up',
    { latest: [pod('broken', 'no file'), pod('running')] },
    'Loading: the model server loads the model',
  ],
  [
    'broken ones of an older spec do not count',
    { before: [pod('broken', 'no file')], latest: [pod('bound')] },
    'Loading: the model server starts',
  ],
  [
    'nor do they before the newest has pods',
    { before: [pod('broken', 'no file')] },
    'Pending: its first pod is being made',
  ],
  ['no pod may be made', { deployment: deployment(2, { failure: 'exceeded quota' }) }, 'Failed: exceeded quota'],
  [
    'an evicted pod is replaced',
    { latest: [pod('gone', 'evicted'), pod('bound')] },
    'Loading: the model server starts',
  ],
  ['until it is, it says why', { latest: [pod('gone', 'evicted')] }, 'Failed: evicted'],
];

for (const [what, input, expect] of rows)
  test(what, () => {
    const { phase, reason } = decided(input);
    assert.equal(`${phase}: ${reason}`, expect);
  });

test('a start is told as its server tells it, downloads in tenths', () => {
  const told = (phase: ServerHealth['phase'], more: Partial<ServerHealth> = {}): string => {
    const running = pod('running');
    const health = new Map([[running.metadata.uid, { phase, durations: {}, ...more }]]);
    const status = decided({ latest: [running], health });
    return `${status.phase}: ${status.reason}`;
  };
  const bytes = (receivedBytes: number) => ({ receivedBytes, totalBytes: 99_500_000 });
  assert.equal(told('downloading'), 'Downloading: the model is being downloaded');
  assert.equal(told('downloading', bytes(0)), 'Downloading: the model is being downloaded: 0 % of 100 MB');
  assert.equal(told('downloading', bytes(19_800_000)), 'Downloading: the model is being downloaded: 10 % of 100 MB');
  assert.equal(told('downloading', bytes(99_500_000)), 'Downloading: the model is being downloaded: 90 % of 100 MB');
  assert.equal(told('downloading', { receivedBytes: 1, totalBytes: 0 }), 'Downloading: the model is being downloaded');
  assert.equal(told('loading'), 'Loading: the model server loads the model');
  assert.equal(told('warming'), 'Loading: the model answers its first request');
});

test('counts are of pods that live, whatever their spec; the selector finds them', () => {
  const status = decided({ before: [pod('ready')], latest: [pod('running'), pod('gone')] });
  assert.deepEqual([status.replicas, status.readyReplicas, status.selector], [2, 1, 'slipway.dev/inference=chat']);
  assert.equal(status.observedGeneration, 7);
});

const conditions = ({ conditions: list = [] }: InferenceStatus): string[] =>
  list.map(({ type, status, reason }) => `${type}=${status} ${reason}`);

test('conditions: Unknown until it shows', () => {
  assert.deepEqual(conditions(decided({})), [
    'Ready=False Pending',
    'Schedulable=Unknown Starting',
    'ModelAvailable=Unknown Starting',
  ]);
  assert.deepEqual(conditions(decided({ latest: [pod('homeless')] })), [
    'Ready=False Pending',
    'Schedulable=False Unschedulable',
    'ModelAvailable=Unknown Starting',
  ]);
  assert.deepEqual(conditions(decided({ latest: [pod('broken', 'x')] })), [
    'Ready=False Failed',
    'Schedulable=True Scheduled',
    'ModelAvailable=False ServerFailed',
  ]);
  assert.deepEqual(conditions(decided({ latest: [pod('ready')] })), [
    'Ready=True ReplicasReady',
    'Schedulable=True Scheduled',
    'ModelAvailable=True Loaded',
  ]);
  assert.deepEqual(conditions(decided({ deployment: deployment(0, { asleep: true }) })), [
    'Ready=False Idle',
    'Schedulable=Unknown Asleep',
    'ModelAvailable=Unknown Asleep',
  ]);
  assert.deepEqual(conditions(decided({ refusal: 'x' })), [
    'Ready=False Failed',
    'Schedulable=Unknown Starting',
    'ModelAvailable=False InvalidSpec',
  ]);
});

test('a second look that finds nothing new says exactly the same', () => {
  const latest = [pod('ready'), pod('running')];
  const first = decided({ latest });
  assert.deepEqual(decided({ latest, inference: inference(first), now: '2026-01-01T00:01:00Z' }), first);
});

test('a condition that turns notes when; others’ conditions stay', () => {
  const theirs = { type: 'Approved', status: 'True', reason: 'Yes', message: '', lastTransitionTime: 't' } as const;
  const before = { ...decided({}), conditions: [theirs, ...(decided({}).conditions ?? [])] };
  const { conditions: after = [] } = decided({
    inference: inference(before),
    latest: [pod('ready')],
    now: '2026-01-01T00:01:00Z',
  });
  assert.deepEqual(after[0], theirs);
  assert.equal(after.find(({ type }) => type === 'Ready')?.lastTransitionTime, '2026-01-01T00:01:00Z');
});

test('the latest cold start is kept when no new one was seen', () => {
  const coldStart = { totalMs: 5, phases: {} };
  assert.deepEqual(decided({ coldStart }).coldStart, coldStart);
  assert.deepEqual(decided({ inference: inference({ coldStart }) }).coldStart, coldStart);
});
