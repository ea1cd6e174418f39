import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod } from '../../api/schema/core-v1.ts';
import type { ContainerState } from '../container-runtime.ts';
import { containerStatuses } from './container-statuses.ts';

const startedAt = Date.parse('2026-01-01T00:00:00.700Z');

function state(change: Partial<ContainerState> = {}): ContainerState {
  return { name: 'c', attempt: 0, containerID: 'x://1', state: 'running', startedAt, ...change };
}

const exited = (exitCode: number, change: Partial<ContainerState> = {}): ContainerState =>
  state({ state: 'exited', exitCode, finishedAt: startedAt + 5000, ...change });

interface Now {
  readonly runtime?: ContainerState;
  readonly old?: ContainerStatus;
  readonly waiting?: string;
  readonly policy?: string;
  readonly hasInit?: boolean;
  readonly isDeleting?: boolean;
}

function statusOf({
  runtime,
  old,
  waiting,
  policy = 'Always',
  hasInit = false,
  isDeleting = false,
}: Now): ContainerStatus {
  const pod = {
    metadata: isDeleting ? { deletionTimestamp: '2026-01-01T00:01:00Z' } : {},
    spec: {
      restartPolicy: policy,
      containers: [{ name: 'c', image: 'app:v2', resources: { requests: { cpu: '1' } } }],
      ...(hasInit ? { initContainers: [{ name: 'i', resources: {} }] } : {}),
    },
  } as unknown as Pod;
  const [status] = containerStatuses({
    pod,
    kind: 'main',
    states: new Map(runtime === undefined ? [] : [['c', runtime]]),
    old: old === undefined ? undefined : [old],
    waiting: new Map(waiting === undefined ? [] : [['c', { reason: waiting, message: 'because' }]]),
  });
  assert.ok(status !== undefined);
  return status;
}

test('a container that is not made yet waits for its creation, or for the initialization', () => {
  assert.deepEqual(statusOf({}), {
    name: 'c',
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: 'app:v2',
    imageID: '',
  });
  assert.equal(statusOf({ hasInit: true }).state.waiting?.reason, 'PodInitializing');
});

test('a running container has its id, times in whole seconds and what it was given', () => {
  assert.deepEqual(statusOf({ runtime: state() }), {
    name: 'c',
    state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: 'app:v2',
    imageID: 'app:v2',
    containerID: 'x://1',
    allocatedResources: { cpu: '1' },
    resources: { requests: { cpu: '1' } },
  });
});

const ends: readonly (readonly [what: string, runtime: ContainerState, expected: object])[] = [
  ['ended well', exited(0), { exitCode: 0, reason: 'Completed' }],
  ['failed', exited(3, { message: 'no' }), { exitCode: 3, reason: 'Error', message: 'no' }],
  ['was killed', exited(137, { signal: 9 }), { exitCode: 137, signal: 9, reason: 'Error' }],
  ['ran out of memory', exited(137, { reason: 'OOMKilled' }), { exitCode: 137, reason: 'OOMKilled' }],
];

for (const [what, runtime, expected] of ends)
  test(`a container that ${what} says so`, () => {
    const {
      startedAt: from,
      finishedAt,
      containerID,
      ...rest
    } = statusOf({ runtime }).state.terminated ?? { exitCode: -1 };
    assert.deepEqual(rest, expected);
    assert.deepEqual([from, finishedAt, containerID], ['2026-01-01T00:00:00Z', '2026-01-01T00:00:05Z', 'x://1']);
  });

test('the next attempt shows how the one before ended, and counts it', () => {
  const old = statusOf({ runtime: exited(3) });
  const now = statusOf({ runtime: state({ containerID: 'x://2', attempt: 1 }), old });
  assert.deepEqual([now.restartCount, now.lastState.terminated?.exitCode], [1, 3]);
  assert.deepEqual(
    statusOf({ runtime: state({ containerID: 'x://2', attempt: 1 }), old: now }).lastState,
    now.lastState,
  );
});

test('one that waits for its next start shows why, and how it ended', () => {
  const { state: now, lastState } = statusOf({ runtime: exited(3), waiting: 'CrashLoopBackOff' });
  assert.deepEqual(now, { waiting: { reason: 'CrashLoopBackOff', message: 'because' } });
  assert.equal(lastState.terminated?.exitCode, 3);
});

test('one that will not start again does not wait', () => {
  assert.equal(
    statusOf({ runtime: exited(3), waiting: 'CrashLoopBackOff', policy: 'Never' }).state.terminated?.exitCode,
    3,
  );
  assert.equal(
    statusOf({ runtime: exited(3), waiting: 'CrashLoopBackOff', isDeleting: true }).state.waiting,
    undefined,
  );
  assert.notEqual(statusOf({ runtime: state(), waiting: 'CrashLoopBackOff' }).state.running, undefined);
});

test('a start that did not come about shows why', () =>
  assert.deepEqual(statusOf({ waiting: 'ErrImagePull' }).state.waiting, {
    reason: 'ErrImagePull',
    message: 'because',
  }));

test('one that ran and was lost is not waiting for its first start: that would make the pod Pending again', () => {
  const old = statusOf({ runtime: state() });
  const lost = statusOf({ old });
  assert.deepEqual(
    [
      lost.state.waiting?.reason,
      lost.lastState.terminated?.reason,
      lost.lastState.terminated?.exitCode,
      lost.restartCount,
    ],
    ['ContainerCreating', 'ContainerStatusUnknown', 137, 1],
  );
  assert.equal(statusOf({ old: lost }).restartCount, 1);
  assert.equal(statusOf({ old, isDeleting: true }).restartCount, 0);
});

test('one that had ended stays so when the runtime forgets it', () => {
  const old = statusOf({ runtime: exited(0) });
  assert.deepEqual(statusOf({ old, policy: 'Never' }), old);
});

test('the image of a running container is the one it was started from', () => {
  const old = { ...statusOf({ runtime: state() }), image: 'app:v1' };
  assert.equal(statusOf({ runtime: state(), old }).image, 'app:v1');
  assert.equal(statusOf({ runtime: state({ containerID: 'x://2' }), old }).image, 'app:v2');
});

test('messages share what a pod’s status may hold', () => {
  const message = 'x'.repeat(20_000);
  assert.equal(statusOf({ runtime: exited(1, { message }) }).state.terminated?.message?.length, 12 * 1024);
  const half = statusOf({ runtime: exited(1, { message }), hasInit: true });
  assert.equal(half.state.terminated?.message?.length, 6 * 1024);
});

test('main containers stand in the order of their names, init containers in that of the pod', () => {
  const pod = {
    metadata: {},
    spec: {
      containers: ['b', 'a'].map((name) => ({ name, resources: {} })),
      initContainers: ['z', 'y'].map((name) => ({ name, resources: {} })),
    },
  } as unknown as Pod;
  const names = (kind: 'init' | 'main'): readonly string[] =>
    containerStatuses({ pod, kind, states: new Map(), old: undefined, waiting: new Map() }).map(({ name }) => name);
  assert.deepEqual(
    [names('main'), names('init')],
    [
      ['a', 'b'],
      ['z', 'y'],
    ],
  );
});

test('an init container that is forgotten while the main one runs has completed', () => {
  const pod = {
    metadata: {},
    spec: { containers: [{ name: 'c', resources: {} }], initContainers: [{ name: 'i', resources: {} }] },
  } as unknown as Pod;
  const [init] = containerStatuses({
    pod,
    kind: 'init',
    states: new Map([['c', state()]]),
    old: undefined,
    waiting: new Map(),
  });
  assert.deepEqual([init?.state.terminated?.exitCode, init?.state.terminated?.reason], [0, 'Completed']);
});
