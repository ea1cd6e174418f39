import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Taint } from '../../api/schema/core-v1.ts';
import { noExecuteChange, noScheduleChange, tainted } from './node-taints.ts';

const nodeWith = (
  conditions: Record<string, string>,
  { taints = [] as readonly Taint[], unschedulable = false } = {},
): Node => ({
  metadata: { name: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
  spec: { taints, ...(unschedulable ? { unschedulable } : {}) },
  status: {
    conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })),
  } as unknown as Node['status'],
});
const noSchedule = (key: string): Taint => ({ key: `node.kubernetes.io/${key}`, effect: 'NoSchedule' });

// Upstream: TestTaintsNodeByCondition.
const cases: readonly {
  conditions: Record<string, string>;
  unschedulable?: boolean;
  taints?: readonly Taint[];
  add: readonly string[];
  remove?: readonly string[];
}[] = [
  { conditions: { Ready: 'True' }, add: [] },
  { conditions: { Ready: 'False' }, add: ['not-ready'] },
  { conditions: { Ready: 'Unknown' }, add: ['unreachable'] },
  { conditions: { Ready: 'True', NetworkUnavailable: 'True' }, add: ['network-unavailable'] },
  {
    conditions: { Ready: 'True', MemoryPressure: 'True', DiskPressure: 'True', PIDPressure: 'True' },
    add: ['memory-pressure', 'disk-pressure', 'pid-pressure'],
  },
  { conditions: { Ready: 'True', MemoryPressure: 'Unknown' }, add: [] },
  { conditions: { Ready: 'True' }, unschedulable: true, add: ['unschedulable'] },
  { conditions: { Ready: 'True' }, taints: [noSchedule('not-ready')], add: [], remove: ['not-ready'] },
  { conditions: { Ready: 'Unknown' }, taints: [noSchedule('not-ready')], add: ['unreachable'], remove: ['not-ready'] },
  { conditions: { Ready: 'False' }, taints: [noSchedule('not-ready')], add: [] },
  {
    conditions: { Ready: 'True' },
    taints: [
      { key: 'mine', effect: 'NoSchedule' },
      { ...noSchedule('not-ready'), effect: 'NoExecute' },
    ],
    add: [],
  },
];
for (const { conditions, unschedulable = false, taints = [], add, remove = [] } of cases)
  test(`${JSON.stringify({ ...conditions, unschedulable })} with ${taints.length} taints adds ${add.join(', ') || 'none'} and removes ${remove.join(', ') || 'none'}`, () => {
    const change = noScheduleChange(nodeWith(conditions, { taints, unschedulable }));
    assert.deepEqual(change.add, add.map(noSchedule));
    assert.deepEqual(change.remove, remove.map(noSchedule));
  });

test('a taint that is there keeps its date, and no change is no write', () => {
  const old: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: 'before' };
  assert.equal(tainted(nodeWith({}, { taints: [old] }), noExecuteChange('Unknown'), 'now'), undefined);
  assert.deepEqual(tainted(nodeWith({}, { taints: [old] }), noExecuteChange('False'), 'now'), [
    { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded: 'now' },
  ]);
  assert.deepEqual(tainted(nodeWith({}, { taints: [old] }), noExecuteChange('True'), 'now'), []);
});
