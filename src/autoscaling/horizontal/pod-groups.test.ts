import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/schema/core-v1.ts';
import { groupPods } from './pod-groups.ts';
import type { PodSample } from './pod-groups.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const periods = { now, cpuInitializationPeriodMs: 120_000, initialReadinessDelayMs: 10_000 };
const seconds = (ago: number): string => new Date(now - ago * 1000).toISOString();

interface Row {
  readonly what: string;
  readonly phase?: string;
  readonly deleted?: boolean;
  readonly startedAgo?: number;
  readonly ready?: readonly [status: string, changedAgo: number];
  /** Seconds ago and window in seconds. */
  readonly sample?: readonly [ago: number, window: number];
  readonly resource: string;
  readonly group: 'ready' | 'unready' | 'missing' | 'ignored';
}

// prettier-ignore
const rows: readonly Row[] = [
  { what: 'memory looks at no condition', sample: [0, 60], resource: 'memory', group: 'ready' },
  { what: 'a Pods metric looks at no condition', ready: ['False', 1], startedAgo: 5, sample: [0, 60], resource: '', group: 'ready' },
  { what: 'CPU without a Ready condition', startedAgo: 0, sample: [0, 60], resource: 'cpu', group: 'unready' },
  { what: 'CPU without a start time', ready: ['True', 30], sample: [0, 60], resource: 'cpu', group: 'unready' },
  { what: 'a young ready pod whose window began after it became ready', startedAgo: 60, ready: ['True', 30], sample: [0, 30], resource: 'cpu', group: 'ready' },
  { what: 'a young ready pod whose window began before', startedAgo: 60, ready: ['True', 30], sample: [0, 60], resource: 'cpu', group: 'unready' },
  { what: 'a young unready pod', startedAgo: 60, ready: ['False', 30], sample: [0, 30], resource: 'cpu', group: 'unready' },
  { what: 'an old pod that never became ready', startedAgo: 600, ready: ['False', 594], sample: [0, 60], resource: 'cpu', group: 'unready' },
  { what: 'an old pod that became unready at the edge of the delay', startedAgo: 600, ready: ['False', 590], sample: [0, 60], resource: 'cpu', group: 'ready' },
  { what: 'an old pod that was ready once', startedAgo: 600, ready: ['False', 540], sample: [0, 60], resource: 'cpu', group: 'ready' },
  { what: 'an old ready pod with an old sample', startedAgo: 180, ready: ['True', 180], sample: [120, 60], resource: 'cpu', group: 'ready' },
  { what: 'no sample', startedAgo: 180, resource: 'cpu', group: 'missing' },
  { what: 'no sample of a Pods metric, while the model loads', startedAgo: 20, ready: ['False', 20], resource: '', group: 'missing' },
  { what: 'pending', phase: 'Pending', sample: [0, 60], resource: '', group: 'unready' },
  { what: 'being deleted', deleted: true, phase: 'Pending', sample: [0, 60], resource: 'cpu', group: 'ignored' },
  { what: 'failed', phase: 'Failed', sample: [0, 60], resource: 'cpu', group: 'ignored' },
];

test('which pods a metric may be read from', async (t) => {
  for (const { what, phase = 'Running', deleted = false, startedAgo, ready, sample, resource, group } of rows) {
    await t.test(what, () => {
      const pod: Pod = {
        metadata: {
          name: 'chat',
          uid: '',
          resourceVersion: '',
          creationTimestamp: seconds(1_000),
          ...(deleted ? { deletionTimestamp: seconds(1) } : {}),
        },
        spec: { containers: [] },
        status: {
          phase,
          ...(startedAgo === undefined ? {} : { startTime: seconds(startedAgo) }),
          ...(ready === undefined
            ? {}
            : { conditions: [{ type: 'Ready', status: ready[0], lastTransitionTime: seconds(ready[1]) }] }),
        },
      };
      const samples = new Map<string, PodSample>(
        sample === undefined
          ? []
          : [['chat', { value: 1n, timestamp: now - sample[0] * 1000, windowMs: sample[1] * 1000 }]],
      );
      const groups = groupPods([pod], samples, resource, periods);
      const found = {
        ready: groups.readyPodCount,
        unready: groups.unready.size,
        missing: groups.missing.size,
        ignored: groups.ignored.size,
      };
      assert.deepEqual(found, { ready: 0, unready: 0, missing: 0, ignored: 0, [group]: 1 });
    });
  }
});
