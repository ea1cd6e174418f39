import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, replicaSets } from '../../api/resources.ts';
import type { CustomResourceDefinition } from '../../api/schema/apiextensions-v1.ts';
import { scaleTargetOf } from './scale-target.ts';

const definition = {
  metadata: { name: 'boats.example.dev', uid: '', resourceVersion: '', creationTimestamp: '' },
  spec: {
    group: 'example.dev',
    scope: 'Namespaced',
    names: { plural: 'boats', singular: 'boat', kind: 'Boat' },
    versions: [
      { name: 'v1alpha1', served: true, storage: false },
      { name: 'v1', served: true, storage: true },
    ],
  },
} satisfies Partial<CustomResourceDefinition> as unknown as CustomResourceDefinition;

const find = (apiVersion: string | undefined, kind: string) =>
  scaleTargetOf(
    { kind, name: 'x', ...(apiVersion === undefined ? {} : { apiVersion }) },
    [deployments, replicaSets],
    [definition],
  );

test('a built-in kind is found by group and kind, whatever the version', () => {
  assert.equal(find('apps/v1', 'Deployment'), deployments);
  assert.equal(find('apps/v1beta2', 'Deployment'), deployments);
});

test('a custom kind is found by its definition, in the version that is stored', () => {
  const target = find('example.dev/v1alpha1', 'Boat');
  assert.ok(!('error' in target));
  assert.deepEqual(
    [target.group, target.version, target.resource, target.namespaced],
    ['example.dev', 'v1', 'boats', true],
  );
});

test('what is not served is named as Kubernetes names it', () => {
  assert.deepEqual(find('example.dev/v1', 'Ship'), { error: 'no matches for kind "Ship" in group "example.dev"' });
  assert.deepEqual(find('v1', 'Deployment'), { error: 'no matches for kind "Deployment" in group ""' });
  assert.deepEqual(find('a/b/c', 'Boat'), { error: 'unexpected GroupVersion string: a/b/c' });
});
