import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/schema/core-v1.ts';
import { MetricFailure } from './metric-failure.ts';
import { replicasForAverageOfValue, replicasForValue, sumOfValues } from './value-rule.ts';

const usual = { scaleUp: 0.1, scaleDown: 0.1 };
const maxInt64 = 2n ** 63n - 1n;

const pods = (letters: string): Pod[] =>
  letters.split('').map((letter, index) => ({
    metadata: { name: `pod-${index}`, uid: '', resourceVersion: '', creationTimestamp: '' },
    spec: { containers: [] },
    status: {
      phase: letter === 'P' ? 'Pending' : 'Running',
      conditions: [{ type: 'Ready', status: letter === 'R' ? 'True' : 'False' }],
    },
  }));

test('a Value target multiplies the ready pods', async (t) => {
  // prettier-ignore
  const rows: readonly (readonly [what: string, letters: string, current: number, usage: bigint, target: bigint, to: number])[] = [
    ['a third more', 'RRR', 3, 20000n, 15000n, 4],
    ['unready pods do not multiply', 'URU', 3, 50000n, 10000n, 5],
    ['unready pods do not multiply, and the set shrinks', 'URU', 3, 8600n, 4400n, 2],
    ['less', 'RRRRR', 5, 12000n, 20000n, 3],
    ['less, of an external metric', 'RRRRR', 5, 8600n, 14334n, 3],
    ['within the tolerance', 'RRR', 3, 20666n, 20000n, 3],
    ['more than an int32 holds', 'RRR', 3, maxInt64, 1n, 2_147_483_647],
    ['from zero without any tolerance', '', 0, 1001n, 1000n, 2],
    ['at zero nothing needs nothing', '', 0, 0n, 1000n, 0],
  ];
  for (const [what, letters, currentReplicas, usage, target, to] of rows) {
    await t.test(what, () => {
      const result = replicasForValue({ currentReplicas, pods: pods(letters), usage, target, tolerances: usual });
      assert.deepEqual(result, { replicas: to, usage });
    });
  }
  assert.throws(
    () => replicasForValue({ currentReplicas: 3, pods: [], usage: 9n, target: 1n, tolerances: usual }),
    new MetricFailure('unable to calculate ready pods: no pods returned by selector while calculating replica count'),
  );
});

test('an AverageValue target divides the sum', async (t) => {
  // prettier-ignore
  const rows: readonly (readonly [what: string, replicas: number, usage: bigint, target: bigint, to: number, shows: bigint])[] = [
    ['more', 3, 20000n, 5000n, 4, 6667n],
    ['less', 5, 6000n, 2000n, 3, 1200n],
    ['more, of an external metric', 3, 8600n, 2150n, 4, 2867n],
    ['less, of an external metric', 5, 8600n, 2867n, 3, 1720n],
    ['within the tolerance', 4, 20800n, 5000n, 4, 5200n],
    ['more than an int32 holds', 1, maxInt64, 1n, 2_147_483_647, maxInt64],
    ['a target as large as the sum', 1, maxInt64, maxInt64, 1, maxInt64],
  ];
  for (const [what, statusReplicas, usage, target, to, shows] of rows) {
    await t.test(what, () => {
      const result = replicasForAverageOfValue({ statusReplicas, usage, target, tolerances: usual });
      assert.deepEqual(result, { replicas: to, usage: shows });
    });
  }
});

test('the sum of an external metric saturates', () => {
  assert.equal(sumOfValues([1n, 2n]), 3n);
  assert.equal(sumOfValues([maxInt64, maxInt64]), maxInt64);
  assert.equal(sumOfValues([]), 0n);
});
