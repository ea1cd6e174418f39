import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, deployments, pods } from '../../api/resources.ts';
import { conditionsAfter } from './conditions.ts';
import { graceOf, nextLookInMs } from './decide.ts';

const now = '2026-01-01T00:00:00Z';

test('when all is gone five conditions say that nothing is wrong, once', () => {
  const conditions = conditionsAfter([], { remainders: [], failures: [], now });
  assert.deepEqual(
    conditions.map(({ type, status, reason }) => [type, status, reason]),
    [
      ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered'],
      ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions'],
      ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted'],
      ['NamespaceContentRemaining', 'False', 'ContentRemoved'],
      ['NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers'],
    ],
  );
  assert.equal(conditionsAfter(conditions, { remainders: [], failures: [], now: 'later' }), conditions);
});

test('what remains, what holds it and what failed are told in Kubernetes’ words', () => {
  const conditions = conditionsAfter([], {
    remainders: [
      { resource: pods, count: 2, finalizers: { 'a/x': 1 } },
      { resource: deployments, count: 1, finalizers: { 'a/x': 1, 'b/y': 1 } },
      { resource: configMaps, count: 0, finalizers: {} },
    ],
    failures: ['second', 'first'],
    now,
  });
  assert.deepEqual(
    conditions.filter(({ status }) => status === 'True').map(({ reason, message }) => [reason, message]),
    [
      ['ContentDeletionFailed', 'Failed to delete all resource types, 2 remaining: first, second'],
      [
        'SomeResourcesRemain',
        'Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances',
      ],
      [
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining: a/x in 2 resource instances, b/y in 1 resource instances',
      ],
    ],
  );
});

test('a transition time changes with the status only', () => {
  const left = (count: number) => ({ remainders: [{ resource: pods, count, finalizers: {} }], failures: [] });
  const first = conditionsAfter([], { ...left(2), now });
  const second = conditionsAfter(first, { ...left(1), now: 'later' });
  const third = conditionsAfter(second, { ...left(0), now: 'last' });
  const time = (conditions: typeof first): string | undefined =>
    conditions.find(({ type }) => type === 'NamespaceContentRemaining')?.lastTransitionTime;
  assert.deepEqual([time(first), time(second), time(third)], [now, now, 'last']);
});

test('the next look comes after half the grace or half of what finalizers are expected to take', () => {
  const remainder = (count: number, finalizers = {}) => [{ resource: pods, count, finalizers }];
  assert.equal(nextLookInMs(remainder(0), { graceSeconds: 30 }), undefined);
  assert.equal(nextLookInMs(remainder(1), { graceSeconds: 30 }), 16_000);
  assert.equal(nextLookInMs(remainder(1, { f: 1 }), { graceSeconds: 0 }), 8_000);
  assert.equal(nextLookInMs(remainder(1), { graceSeconds: 0 }), 1_000);
});

test('the grace is the longest of a running pod, and none when it is over', () => {
  const pod = (terminationGracePeriodSeconds: number, phase = 'Running') => ({
    metadata: { name: 'p', uid: 'p', resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [], terminationGracePeriodSeconds },
    status: { phase },
  });
  const pods = [pod(10), pod(30), pod(90, 'Succeeded')];
  assert.equal(graceOf(pods, { deletedMs: 0, nowMs: 29_999 }), 30);
  assert.equal(graceOf(pods, { deletedMs: 0, nowMs: 30_000 }), 0);
});
