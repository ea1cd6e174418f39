import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controllerOf, controllerReference, isControlledBy } from './owner-references.ts';
import type { KubernetesObject } from './resource.ts';
import { replicaSets } from './resources.ts';

const object = (name: string, uid: string, more: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'd', uid, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', ...more },
});

test('one owner controls, by its uid and not by its name', () => {
  const owner = object('web', 'u1');
  const reference = controllerReference(replicaSets, owner);
  assert.deepEqual(reference, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: 'web',
    uid: 'u1',
    controller: true,
    blockOwnerDeletion: true,
  });
  const bystander = { ...reference, uid: 'u0', controller: false };
  const child = object('web-1', 'u2', { ownerReferences: [bystander, reference] });
  assert.equal(controllerOf(child), reference);
  assert.equal(isControlledBy(child, owner), true);
  assert.equal(isControlledBy(child, object('web', 'u0')), false);
  assert.equal(isControlledBy(object('alone', 'u3'), owner), false);
});
