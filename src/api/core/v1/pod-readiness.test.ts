import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../schema/core-v1.ts';
import { isPodActive, isPodAvailable, isPodReady, isPodTerminal } from './pod-readiness.ts';

const pod = (status: object, metadata: object = {}): Pod =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata }, spec: { containers: [] }, status }) as never;
const ready = (since: string): object => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }],
});

test('a pod is available once it has been ready for long enough', () => {
  const one = pod(ready('2026-01-01T00:00:00Z'));
  assert.equal(isPodReady(one), true);
  assert.equal(isPodAvailable(one, 0, Date.parse('2026-01-01T00:00:00Z')), true);
  assert.equal(isPodAvailable(one, 10, Date.parse('2026-01-01T00:00:09Z')), false);
  assert.equal(isPodAvailable(one, 10, Date.parse('2026-01-01T00:00:10Z')), true);
  assert.equal(isPodAvailable(pod({ phase: 'Running' }), 0, 0), false);
});

test('pods that have ended or are leaving count no more', () => {
  const table: readonly (readonly [Pod, active: boolean, terminal: boolean])[] = [
    [pod({}), true, false],
    [pod({ phase: 'Pending' }), true, false],
    [pod({ phase: 'Running' }), true, false],
    [pod({ phase: 'Unknown' }), true, false],
    [pod({ phase: 'Succeeded' }), false, true],
    [pod({ phase: 'Failed' }), false, true],
    [pod({ phase: 'Running' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }), false, false],
  ];
  for (const [one, active, terminal] of table)
    assert.deepEqual([isPodActive(one), isPodTerminal(one)], [active, terminal]);
});
