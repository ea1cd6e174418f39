import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesLabels, selectorOf } from '../api/label-selector.ts';
import type { KubernetesObject } from '../api/resource.ts';
import type { LabelSelector } from '../api/schema/meta-v1.ts';
import { controllerUid } from './indexes.ts';
import { ObjectCache } from './object-cache.ts';

interface Draw {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Record<string, string>;
  readonly owner: string | undefined;
}

const objectOf = ({ name, namespace, labels, owner }: Draw): KubernetesObject => ({
  metadata: {
    name,
    namespace,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '',
    labels,
    ...(owner === undefined
      ? {}
      : { ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: owner, uid: owner, controller: true }] }),
  },
});

const word = fc.constantFrom('a', 'b', 'c');
const labels = fc.dictionary(fc.constantFrom('app', 'tier'), word);
const draw = fc.record({
  name: word,
  namespace: fc.constantFrom('n', 'm'),
  labels,
  owner: fc.option(word, { nil: undefined }),
});
const selector: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: labels,
  matchExpressions: fc.array(
    fc.oneof(
      fc.record({
        key: fc.constant('tier'),
        operator: fc.constantFrom('In', 'NotIn'),
        values: fc.array(word, { minLength: 1 }),
      }),
      fc.record({ key: fc.constant('app'), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
    ),
    { maxLength: 2 },
  ),
});

test('every index finds what a look at all objects would, whatever came, changed and went', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(draw, fc.boolean())), selector, fc.boolean(), (steps, labelSelector, isEarly) => {
      const cache = new ObjectCache<KubernetesObject>();
      const parsed = selectorOf(labelSelector);
      if (isEarly) {
        cache.matching('n', parsed);
        cache.by(controllerUid, 'a');
      }
      for (const [step, isRemoval] of steps) {
        if (isRemoval) cache.delete(step);
        else cache.set(objectOf(step));
      }
      const all = cache.list();
      const names = (objects: readonly KubernetesObject[]): string[] =>
        objects.map(({ metadata }) => metadata.name).sort();
      assert.deepEqual(
        names(cache.matching('n', parsed)),
        names(all.filter(({ metadata }) => metadata.namespace === 'n' && matchesLabels(parsed, metadata.labels))),
      );
      assert.deepEqual(
        names(cache.by(controllerUid, 'a')),
        names(all.filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === 'a')),
      );
      assert.deepEqual(names(cache.list('n')), names(all.filter(({ metadata }) => metadata.namespace === 'n')));
      for (const object of all) assert.equal(cache.get(object.metadata), object);
    }),
  );
});
