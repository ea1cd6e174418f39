import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, PodSpec } from '../api/schema/core-v1.ts';
import { restartsAfterProbeFailure, shouldRestart } from './restart-policy.ts';

const rule = (operator: string, values: readonly number[], action = 'Restart'): object => ({
  action,
  exitCodes: { operator, values },
});

const cases: readonly (readonly [pod: string, container: object, exitCode: number, restarts: boolean])[] = [
  ['Always', {}, 0, true],
  ['Always', {}, 1, true],
  ['OnFailure', {}, 0, false],
  ['OnFailure', {}, 1, true],
  ['Never', {}, 0, false],
  ['Never', {}, 1, false],
  ['Never', { restartPolicy: 'Always' }, 0, true],
  ['Never', { restartPolicy: 'OnFailure' }, 0, false],
  ['Never', { restartPolicy: 'OnFailure' }, 1, true],
  ['Always', { restartPolicy: 'Never' }, 1, false],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('In', [42])] }, 42, true],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('In', [42])] }, 1, false],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('NotIn', [42])] }, 1, true],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('NotIn', [42])] }, 42, false],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('In', [1], 'Unknown'), rule('In', [1])] }, 1, false],
  ['Never', { restartPolicyRules: [rule('In', [1])] }, 1, false],
];

for (const [restartPolicy, container, exitCode, restarts] of cases) {
  const title = `exit ${exitCode} of ${JSON.stringify(container)} in a pod with ${restartPolicy}`;
  test(`${title}: ${restarts ? 'runs again' : 'stays ended'}`, () =>
    assert.equal(shouldRestart(container as Container, { restartPolicy } as PodSpec, exitCode), restarts));
}

test('after a failed probe only Never ends a container for good', () => {
  const restarts = (own: string | undefined, pod: string): boolean =>
    restartsAfterProbeFailure({ restartPolicy: own } as Container, { restartPolicy: pod } as PodSpec);
  assert.deepEqual(
    [
      restarts(undefined, 'OnFailure'),
      restarts(undefined, 'Never'),
      restarts('Never', 'Always'),
      restarts('Always', 'Never'),
    ],
    [true, false, false, true],
  );
});
