import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '../api/schema/apps-v1.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import { replicaPods } from './replica-pods.ts';

const revision = (value: string | undefined) =>
  value === undefined ? {} : { annotations: { 'deployment.kubernetes.io/revision': value } };
const deployment = (value?: string) => ({ metadata: { name: 'chat', ...revision(value) } }) as unknown as Deployment;
const replicaSet = (name: string, value?: string) =>
  ({ metadata: { name, ...revision(value) } }) as unknown as ReplicaSet;
const pod = (name: string, more: object = {}) => ({ metadata: { name, ...more } }) as unknown as Pod;

const pods: Readonly<Record<string, readonly Pod[]>> = {
  old: [pod('old-1'), pod('old-2', { deletionTimestamp: '2026-01-01T00:00:00Z' })],
  new: [pod('new-1'), pod('new-2')],
};

function names(of: Deployment, ...replicaSets: readonly ReplicaSet[]): unknown {
  const { living, latest } = replicaPods(of, replicaSets, ({ metadata }) => pods[metadata.name] ?? []);
  return { living: living.map(({ metadata }) => metadata.name), latest: latest.map(({ metadata }) => metadata.name) };
}

test('the newest template is the one with the revision of the Deployment, whatever the order', () => {
  const expected = { living: ['old-1', 'new-1', 'new-2'], latest: ['new-1', 'new-2'] };
  assert.deepEqual(names(deployment('9'), replicaSet('old', '3'), replicaSet('new', '9')), expected);
  assert.deepEqual(names(deployment('3'), replicaSet('old', '3'), replicaSet('new', '9')), {
    living: ['old-1', 'new-1', 'new-2'],
    latest: ['old-1'],
  });
});

test('pods that terminate are no replicas any more', () => {
  assert.deepEqual(names(deployment('3'), replicaSet('old', '3')), { living: ['old-1'], latest: ['old-1'] });
});

test('before a Deployment has been looked at it has none', () => {
  assert.deepEqual(names(deployment()), { living: [], latest: [] });
});
