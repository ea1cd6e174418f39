import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod } from '../api/schema/core-v1.ts';
import { troubleOf } from './replica-trouble.ts';

type Status = Partial<Pick<ContainerStatus, 'state' | 'lastState' | 'restartCount' | 'ready'>>;

const ended = (exitCode: number, more: { reason?: string; message?: string } = {}) => ({
  terminated: { exitCode, startedAt: '', finishedAt: '', ...more },
});
const waiting = (reason: string, message?: string) => ({
  waiting: { reason, ...(message === undefined ? {} : { message }) },
});

const rows: readonly (readonly [what: string, status: Status, expect: string | undefined])[] = [
  ['a running server is no trouble', { state: { running: { startedAt: '' } } }, undefined],
  ['nor is one that is being made', { state: waiting('ContainerCreating') }, undefined],
  ['nor one that ended well and is started again', { state: ended(0) }, undefined],
  [
    'one that gave up says why',
    { state: ended(1, { message: 'no such file: /m.gguf\n' }) },
    'server: no such file: /m.gguf',
  ],
  [
    'also while it waits for its next try',
    { state: waiting('CrashLoopBackOff'), lastState: ended(1, { message: 'no such file' }), restartCount: 1 },
    'server: no such file',
  ],
  [
    'also in its next try',
    { state: { running: { startedAt: '' } }, lastState: ended(2, { message: 'bad flag' }), restartCount: 1 },
    'server: bad flag',
  ],
  [
    'but not once it is ready',
    { state: { running: { startedAt: '' } }, lastState: ended(2, { message: 'bad flag' }), ready: true },
    undefined,
  ],
  [
    'without words its exit code has to do',
    { state: ended(3) },
    'server: the model server ended with exit code 3; see its logs',
  ],
  ['the tail of a log is put on one line', { state: ended(1, { message: ' a \n\n  b\nc\nd\n' }) }, 'server: b · c · d'],
  ['a server that was killed deserves another try', { state: ended(137), restartCount: 0 }, undefined],
  ['a second one too', { state: waiting('CrashLoopBackOff'), lastState: ended(139), restartCount: 2 }, undefined],
  [
    'but not for ever',
    { state: waiting('CrashLoopBackOff'), lastState: ended(139), restartCount: 3 },
    'server: the model server was killed by signal 11, 3 times',
  ],
  [
    'out of memory is said with its remedy',
    { state: ended(137, { reason: 'OOMKilled' }) },
    'server: the model server needed more memory than spec.resources.memory allows',
  ],
  [
    'what cannot be started says why',
    { state: waiting('CreateContainerConfigError', 'secret "s" not found') },
    'runtime: secret "s" not found',
  ],
  ['or at least what it is', { state: waiting('ErrImageNeverPull') }, 'runtime: ErrImageNeverPull'],
];

const container = (status: Status): ContainerStatus => ({
  name: 'llm',
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
  state: {},
  lastState: {},
  ...status,
});
const pod = (status: Partial<Pod['status']>): Pod => ({
  metadata: { name: 'p', uid: '', resourceVersion: '', creationTimestamp: '' },
  spec: { containers: [] },
  status: { phase: 'Running', ...status },
});

for (const [what, status, expect] of rows)
  test(what, () => {
    const trouble = troubleOf(pod({ containerStatuses: [container({ ready: true }), container(status)] }));
    assert.equal(trouble === undefined ? undefined : `${trouble.cause}: ${trouble.message}`, expect);
  });

test('last words are cut to what fits a sentence', () => {
  const trouble = troubleOf(
    pod({ containerStatuses: [container({ state: ended(1, { message: 'x'.repeat(5000) }) })] }),
  );
  assert.equal(trouble?.message, 'x'.repeat(1000));
});

test('a pod that failed as a whole says what its node said', () => {
  assert.deepEqual(troubleOf(pod({ phase: 'Failed', reason: 'Evicted', message: 'the node was low on memory' })), {
    cause: 'runtime',
    message: 'the node was low on memory',
  });
  assert.equal(troubleOf(pod({ phase: 'Failed', reason: 'OutOfcpu' }))?.message, 'OutOfcpu');
  assert.equal(troubleOf(pod({ phase: 'Failed' }))?.message, 'its pod failed');
});
