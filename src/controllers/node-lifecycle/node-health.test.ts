import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from '../../api/schema/coordination-v1.ts';
import type { Node, NodeCondition } from '../../api/schema/core-v1.ts';
import { microTimestamp, timestamp } from '../../api/timestamps.ts';
import { secondMs } from '../../std/clock.ts';
import { type Look, type NodeHealth, look } from './node-health.ts';
import { defaultSettings as settings } from './settings.ts';

const startMs = Date.parse('2026-01-01T00:00:00Z');

const nodeWith = (conditions: readonly NodeCondition[]): Node => ({
  metadata: { name: 'node-1', uid: 'u', resourceVersion: '1', creationTimestamp: timestamp(startMs) },
  spec: {},
  status: { conditions } as Node['status'],
});
const ready = (heartbeatMs: number, status = 'True'): NodeCondition => ({
  type: 'Ready',
  status,
  reason: 'KubeletReady',
  lastHeartbeatTime: timestamp(heartbeatMs),
  lastTransitionTime: timestamp(startMs),
});
const lease = (renewMs: number): Lease => ({
  metadata: { name: 'node-1', uid: 'l', resourceVersion: '1', creationTimestamp: '' },
  spec: { renewTime: microTimestamp(renewMs) },
});

/** Looks at the same node again and again, at these seconds after the start. */
function looks(
  steps: readonly { at: number; node: Node; lease?: Lease }[],
): readonly { at: number; isUnknown: boolean; health: NodeHealth }[] {
  let saved: NodeHealth | undefined;
  return steps.map(({ at, node, lease }) => {
    const result: Look = look(node, { saved, lease, nowMs: startMs + at * secondMs, settings });
    saved = result.health;
    return { at, isUnknown: result.conditions !== undefined, health: result.health };
  });
}
const unknownAt = (steps: Parameters<typeof looks>[0]): readonly number[] =>
  looks(steps)
    .filter(({ isUnknown }) => isUnknown)
    .map(({ at }) => at);

test('a node without a new Lease or heartbeat for more than fifty seconds is unknown', () => {
  const node = nodeWith([ready(startMs)]);
  const silent = [0, 5, 45, 50, 51].map((at) => ({ at, node, lease: lease(startMs) }));
  assert.deepEqual(unknownAt(silent), [51]);
});

test('a renewed Lease counts from when it was seen, whatever time it says', () => {
  const node = nodeWith([ready(startMs)]);
  assert.deepEqual(
    unknownAt([
      { at: 0, node, lease: lease(startMs - 3_600_000) },
      { at: 40, node, lease: lease(startMs - 3_590_000) },
      { at: 90, node, lease: lease(startMs - 3_590_000) },
      { at: 91, node, lease: lease(startMs - 3_590_000) },
    ]),
    [91],
  );
});

test('a Lease that goes backwards is no sign of life', () => {
  const node = nodeWith([ready(startMs)]);
  assert.deepEqual(
    unknownAt([
      { at: 0, node, lease: lease(startMs) },
      { at: 30, node, lease: lease(startMs - 10_000) },
      { at: 51, node, lease: lease(startMs - 5_000) },
    ]),
    [51],
  );
});

test('a new heartbeat keeps a node that has no Lease alive', () => {
  assert.deepEqual(
    unknownAt([
      { at: 0, node: nodeWith([ready(startMs)]) },
      { at: 40, node: nodeWith([ready(startMs + 38_000)]) },
      { at: 90, node: nodeWith([ready(startMs + 38_000)]) },
      { at: 91, node: nodeWith([ready(startMs + 38_000)]) },
    ]),
    [91],
  );
});

test('a node that never reported has a minute from its creation', () => {
  const steps = [0, 55, 60, 61].map((at) => ({ at, node: nodeWith([]) }));
  assert.deepEqual(unknownAt(steps), [61]);
  const { conditions } = look(nodeWith([]), {
    saved: looks(steps)[2]!.health,
    lease: undefined,
    nowMs: startMs + 61_000,
    settings,
  });
  assert.deepEqual(
    conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
    ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => [
      type,
      'Unknown',
      'NodeStatusNeverUpdated',
      'Kubelet never posted node status.',
    ]),
  );
});

test('when a node goes silent all that its agent vouched for becomes unknown, other conditions stay', () => {
  const other: NodeCondition = { type: 'Custom', status: 'True' };
  const pressure: NodeCondition = { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory' };
  const node = nodeWith([ready(startMs), pressure, other]);
  const saved: NodeHealth = { ready: ready(startMs), aliveMs: startMs, leaseRenewTime: undefined };
  const { conditions, before } = look(node, { saved, lease: undefined, nowMs: startMs + 60_000, settings });
  assert.equal(before.status, 'True');
  const now = timestamp(startMs + 60_000);
  assert.deepEqual(
    conditions?.map(({ type, status, reason, lastTransitionTime }) => [type, status, reason, lastTransitionTime]),
    [
      ['Ready', 'Unknown', 'NodeStatusUnknown', now],
      ['MemoryPressure', 'Unknown', 'NodeStatusUnknown', now],
      ['Custom', 'True', undefined, undefined],
      ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated', now],
      ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated', now],
    ],
  );
  const again = look(nodeWith(conditions!), {
    saved: { ...saved, ready: conditions![0] },
    lease: undefined,
    nowMs: startMs + 70_000,
    settings,
  });
  assert.equal(again.conditions, undefined, 'what is known to be unknown is not written again');
});

test('after a restart every node has its whole grace again', () => {
  const node = nodeWith([ready(startMs - 3_600_000)]);
  assert.deepEqual(unknownAt([0, 50, 51].map((at) => ({ at, node, lease: lease(startMs - 3_600_000) }))), [51]);
});
