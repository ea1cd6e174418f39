import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { failed, surplus, verdictOn } from './decide.ts';

interface Traits {
  readonly name?: string;
  readonly node?: string;
  readonly deleting?: boolean;
  readonly phase?: string;
  readonly reason?: string;
  readonly ageSeconds?: number;
}

const podWith = ({
  name = 'p',
  node = '',
  deleting = false,
  phase = 'Running',
  reason,
  ageSeconds = 0,
}: Traits): Pod => ({
  metadata: {
    name,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: timestamp(1_000_000_000 - ageSeconds * 1000),
    generation: 3,
    ...(deleting ? { deletionTimestamp: timestamp(1_000_000_000) } : {}),
  },
  spec: { containers: [], ...(node === '' ? {} : { nodeName: node }) },
  status: { phase, ...(reason === undefined ? {} : { reason }) },
});
const nodeWith = (ready: string, outOfService: boolean): Node => ({
  metadata: { name: 'n', uid: 'n', resourceVersion: '1', creationTimestamp: '' },
  spec: outOfService ? { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } : {},
  status: { conditions: [{ type: 'Ready', status: ready }] } as unknown as Node['status'],
});

// Upstream: TestGCUnscheduledTerminating, TestGCTerminating.
const cases: readonly { when: string; pod: Traits; node?: Node; expect: string | undefined }[] = [
  { when: 'a pod lives', pod: {}, expect: undefined },
  { when: 'it was deleted before it got a node', pod: { deleting: true }, expect: 'UnscheduledTerminating' },
  { when: 'its node is well', pod: { deleting: true, node: 'n' }, node: nodeWith('True', false), expect: undefined },
  {
    when: 'its node is silent',
    pod: { deleting: true, node: 'n' },
    node: nodeWith('Unknown', false),
    expect: undefined,
  },
  {
    when: 'its node is out of service',
    pod: { deleting: true, node: 'n' },
    node: nodeWith('Unknown', true),
    expect: 'OutOfService',
  },
  {
    when: 'its node is not ready and out of service',
    pod: { deleting: true, node: 'n' },
    node: nodeWith('False', true),
    expect: 'OutOfService',
  },
  {
    when: 'its node is ready but tainted',
    pod: { deleting: true, node: 'n' },
    node: nodeWith('True', true),
    expect: undefined,
  },
  { when: 'it lives on a node out of service', pod: { node: 'n' }, node: nodeWith('False', true), expect: undefined },
  { when: 'its node is not known', pod: { deleting: true, node: 'n' }, expect: undefined },
];
for (const { when, pod, node, expect } of cases)
  test(`when ${when}: ${expect ?? 'nothing is done'}`, () => {
    assert.equal(verdictOn(podWith(pod), node), expect);
  });

// Upstream: TestGCTerminated.
test('of too many ended pods evicted ones go first, then the oldest, then by name', () => {
  const pods = [
    podWith({ name: 'young', ageSeconds: 1, phase: 'Succeeded' }),
    podWith({ name: 'old', ageSeconds: 9, phase: 'Failed' }),
    podWith({ name: 'evicted', ageSeconds: 0, phase: 'Failed', reason: 'Evicted' }),
    podWith({ name: 'b', ageSeconds: 5, phase: 'Failed' }),
    podWith({ name: 'a', ageSeconds: 5, phase: 'Failed' }),
  ];
  const names = (threshold: number): readonly string[] => surplus(pods, threshold).map(({ metadata }) => metadata.name);
  assert.deepEqual([names(5), names(4), names(1)], [[], ['evicted'], ['evicted', 'old', 'a', 'b']]);
});

test('a pod that ended keeps its end, another fails with the reason', () => {
  assert.equal(failed(podWith({ phase: 'Succeeded' }), { reason: 'R', message: 'm' }, 'now'), undefined);
  const status = failed(podWith({}), { reason: 'R', message: 'm' }, 'now')?.status;
  assert.equal(status?.phase, 'Failed');
  assert.deepEqual(status.conditions, [
    {
      type: 'DisruptionTarget',
      status: 'True',
      lastTransitionTime: 'now',
      reason: 'R',
      message: 'm',
      observedGeneration: 3,
    },
  ]);
});
