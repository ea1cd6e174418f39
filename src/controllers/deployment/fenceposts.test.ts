import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxSurge, maxUnavailable, minAvailable } from './fenceposts.ts';
import { type DeploymentTraits, sampleDeployment } from './sample.ts';

// Upstream: TestResolveFenceposts, TestMaxUnavailable, TestMinAvailable.
const cases: readonly (DeploymentTraits & { expect: readonly [surge: number, unavailable: number] })[] = [
  { replicas: 10, maxSurge: '25%', maxUnavailable: '25%', expect: [3, 2] },
  { replicas: 4, maxSurge: '25%', maxUnavailable: '25%', expect: [1, 1] },
  { replicas: 3, maxSurge: '25%', maxUnavailable: '25%', expect: [1, 0] },
  { replicas: 1, maxSurge: '25%', maxUnavailable: '25%', expect: [1, 0] },
  { replicas: 1, maxSurge: 0, maxUnavailable: '25%', expect: [0, 1] },
  { replicas: 2, maxSurge: '0%', maxUnavailable: '1%', expect: [0, 1] },
  { replicas: 2, maxSurge: '1%', maxUnavailable: '25%', expect: [1, 0] },
  { replicas: 10, maxSurge: '39%', maxUnavailable: '39%', expect: [4, 3] },
  { replicas: 10, maxUnavailable: '39%', expect: [0, 3] },
  { replicas: 10, maxSurge: '39%', expect: [4, 0] },
  { replicas: 10, expect: [0, 1] },
  { replicas: 0, maxSurge: '0%', maxUnavailable: '0%', expect: [0, 0] },
  { replicas: 0, maxSurge: 1, maxUnavailable: 10, expect: [1, 0] },
  { replicas: 10, maxSurge: 1, maxUnavailable: 5, expect: [1, 5] },
  { replicas: 10, maxSurge: 1, maxUnavailable: 10, expect: [1, 10] },
  { replicas: 5, maxSurge: 1, maxUnavailable: 10, expect: [1, 5] },
  { replicas: 10, maxSurge: 1, maxUnavailable: '50%', expect: [1, 5] },
  { replicas: 5, maxSurge: 1, maxUnavailable: '100%', expect: [1, 5] },
  { replicas: 5, strategy: 'Recreate', expect: [0, 0] },
];
for (const { expect, ...traits } of cases)
  test(`${JSON.stringify(traits)} allows ${expect[0]} more and ${expect[1]} fewer pods`, () => {
    const deployment = sampleDeployment(traits);
    assert.deepEqual([maxSurge(deployment), maxUnavailable(deployment)], expect);
    assert.equal(minAvailable(deployment), traits.replicas! - expect[1]);
  });

test('a value that is neither count nor percentage is a defect of validation and throws', () => {
  assert.throws(() => maxSurge(sampleDeployment({ replicas: 1, maxSurge: 'oops' })));
});
