import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Taint, Toleration } from '../../api/schema/core-v1.ts';
import { decide, noExecuteTaints } from './decide.ts';

const taint = (key: string, effect = 'NoExecute'): Taint => ({ key, effect });
const forSeconds = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});

// Upstream: TestGetMinTolerationTime, TestCreatePod, TestUpdatePod.
const cases: readonly { taints: readonly string[]; tolerations: readonly Toleration[]; expect: number | undefined }[] =
  [
    { taints: [], tolerations: [], expect: undefined },
    { taints: ['a'], tolerations: [], expect: 0 },
    { taints: ['a'], tolerations: [forSeconds('b', 10)], expect: 0 },
    { taints: ['a'], tolerations: [forSeconds('a')], expect: undefined },
    { taints: ['a'], tolerations: [forSeconds('a', 300)], expect: 300_000 },
    { taints: ['a'], tolerations: [forSeconds('a', 0)], expect: 0 },
    { taints: ['a'], tolerations: [forSeconds('a', -5)], expect: 0 },
    { taints: ['a', 'b'], tolerations: [forSeconds('a', 300)], expect: 0 },
    { taints: ['a', 'b'], tolerations: [forSeconds('a', 300), forSeconds('b', 60)], expect: 60_000 },
    { taints: ['a', 'b'], tolerations: [forSeconds('a'), forSeconds('b', 60)], expect: 60_000 },
    { taints: ['a'], tolerations: [forSeconds('b', 1), forSeconds('a', 60)], expect: 60_000 },
    { taints: ['a'], tolerations: [{ operator: 'Exists' }], expect: undefined },
    { taints: ['a'], tolerations: [forSeconds('a', 60), forSeconds('a', 5)], expect: 60_000 },
  ];
for (const { taints, tolerations, expect } of cases)
  test(`taints ${taints.join(', ') || 'none'} and tolerations ${JSON.stringify(tolerations)}: ${expect === undefined ? 'stays' : `goes after ${expect} ms`}`, () => {
    const verdict = decide(
      taints.map((key) => taint(key)),
      tolerations,
    );
    assert.equal(verdict.verdict === 'evict' ? verdict.afterMs : undefined, expect);
  });

test('only NoExecute taints concern running pods', () => {
  assert.deepEqual(noExecuteTaints([taint('a', 'NoSchedule'), taint('b'), taint('c', 'PreferNoSchedule')]), [
    taint('b'),
  ]);
});
