import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/schema/core-v1.ts';
import type { Inference } from '../api/slipway/v1alpha1/inference.ts';
import { VirtualClock } from '../std/virtual-clock.ts';
import type { ServerHealth } from './server-health.ts';
import { StartWatch } from './start-watch.ts';

const clockAt = (startMs: number): VirtualClock => new VirtualClock({ startMs, drain: () => Promise.resolve() });
const inference = (uid: string): Inference =>
  ({ metadata: { namespace: 'default', name: 'chat', uid } }) as unknown as Inference;

function pod(uid: string, createdMs: number, stage: 'made' | 'running' | 'ready'): Pod {
  return {
    metadata: { name: uid, uid, resourceVersion: '1', creationTimestamp: new Date(createdMs).toISOString() },
    spec: { containers: [], nodeName: 'node-1' },
    status: {
      conditions: [{ type: 'Ready', status: stage === 'ready' ? 'True' : 'False' }],
      containerStatuses:
        stage === 'made' ? [] : [{ state: { running: { startedAt: new Date(createdMs).toISOString() } } }],
    },
  } as unknown as Pod;
}

test('the latest start is told even when its replica has gone, until a later one', async () => {
  const clock = clockAt(0);
  const starts = new StartWatch(clock, undefined);
  const one = inference('one');
  const totalOf = async (...pods: readonly Pod[]): Promise<number | undefined> =>
    (await starts.observe(one, pods)).coldStart?.totalMs;
  assert.equal(await totalOf(pod('a', 0, 'running')), undefined);
  await clock.advance(1000);
  assert.equal(await totalOf(pod('a', 0, 'ready'), pod('b', 1000, 'running')), 1000);
  await clock.advance(3000);
  assert.equal(await totalOf(pod('a', 0, 'ready'), pod('b', 1000, 'ready')), 3000);
  assert.equal(await totalOf(pod('a', 0, 'ready')), 3000);
  assert.equal(await totalOf(pod('a', 0, 'ready'), pod('c', 4000, 'running')), 3000);
  await clock.advance(500);
  assert.equal(await totalOf(pod('a', 0, 'ready'), pod('c', 4000, 'ready')), 500);
});

test('another Inference of the name begins anew', async () => {
  const clock = clockAt(0);
  const starts = new StartWatch(clock, undefined);
  await starts.observe(inference('one'), [pod('a', 0, 'running')]);
  await clock.advance(1000);
  assert.equal((await starts.observe(inference('one'), [pod('a', 0, 'ready')])).coldStart?.totalMs, 1000);
  assert.equal((await starts.observe(inference('two'), [])).coldStart, undefined);
});

test('only servers that run and are not known to be ready are asked, all at once', async () => {
  const asked: string[] = [];
  const phases: Record<string, ServerHealth['phase']> = { b: 'loading', c: 'ready' };
  const starts = new StartWatch(clockAt(0), {
    read: async ({ metadata: { uid } }) => {
      asked.push(uid);
      const phase = phases[uid];
      return phase && { phase, durations: {} };
    },
  });
  const look = () =>
    starts.observe(inference('one'), [
      pod('a', 0, 'made'),
      pod('b', 0, 'running'),
      pod('c', 0, 'running'),
      pod('d', 0, 'ready'),
    ]);
  await look();
  assert.deepEqual(asked.splice(0), ['b', 'c']);
  delete phases['b'];
  const { health } = await look();
  assert.deepEqual(asked, ['b']);
  assert.deepEqual(
    [...health].map(([uid, { phase }]) => [uid, phase]),
    [
      ['b', 'loading'],
      ['c', 'ready'],
    ],
    'silence changes nothing',
  );
});
