import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Endpoint, EndpointSlice } from '../../api/schema/discovery-v1.ts';
import { type Packing, endpointsPerSliceMax, pack } from './packing.ts';

const endpoint = (id: number, ready = true): Endpoint => ({
  addresses: [`10.0.${Math.floor(id / 256)}.${id % 256}`],
  conditions: { ready, serving: ready, terminating: false },
  targetRef: { kind: 'Pod', namespace: 'n', name: `pod-${id}` },
});
const range = (from: number, to: number): readonly Endpoint[] =>
  Array.from({ length: to - from }, (_, index) => endpoint(from + index));
const slice = (name: string, endpoints: readonly Endpoint[]): EndpointSlice => ({
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '' },
  addressType: 'IPv4',
  ports: [],
  endpoints,
});

/** Sizes of the changed slices by name, the number of emptied ones, and the sizes of the new ones. */
const summary = ({ changed, emptied, added }: Packing): unknown => [
  Object.fromEntries([...changed].map(([{ metadata }, endpoints]) => [metadata.name, endpoints.length])),
  emptied.map(({ metadata }) => metadata.name),
  added.map((endpoints) => endpoints.length),
];

// Upstream: the behaviours of TestReconcile* in k8s.io/endpointslice.
const cases: readonly {
  when: string;
  slices: readonly EndpointSlice[];
  desired: readonly Endpoint[];
  expect: unknown;
}[] = [
  { when: 'nothing is there and nothing is wanted', slices: [], desired: [], expect: [{}, [], []] },
  { when: 'nothing is there', slices: [], desired: range(0, 250), expect: [{}, [], [100, 100, 50]] },
  { when: 'all is as it should be', slices: [slice('a', range(0, 5))], desired: range(0, 5), expect: [{}, [], []] },
  { when: 'one comes', slices: [slice('a', range(0, 5))], desired: range(0, 6), expect: [{ a: 6 }, [], []] },
  { when: 'one goes', slices: [slice('a', range(0, 5))], desired: range(1, 5), expect: [{ a: 4 }, [], []] },
  { when: 'all go', slices: [slice('a', range(0, 5))], desired: [], expect: [{}, ['a'], []] },
  {
    when: 'one becomes unready',
    slices: [slice('a', range(0, 2)), slice('b', range(2, 4))],
    desired: [endpoint(0), endpoint(1), endpoint(2, false), endpoint(3)],
    expect: [{ b: 2 }, [], []],
  },
  {
    when: 'some come and one slice changes anyway',
    slices: [slice('a', range(0, 60)), slice('b', range(60, 130))],
    desired: [...range(1, 130), ...range(200, 220)],
    expect: [{ a: 79 }, [], []],
  },
  {
    when: 'some come and no slice changes: the fullest that takes all',
    slices: [slice('a', range(0, 40)), slice('b', range(40, 110)), slice('c', range(110, 205))],
    desired: [...range(0, 205), ...range(300, 320)],
    expect: [{ b: 90 }, [], []],
  },
  {
    when: 'some come and fit nowhere whole',
    slices: [slice('a', range(0, 95)), slice('b', range(95, 190))],
    desired: [...range(0, 190), ...range(300, 306)],
    expect: [{}, [], [6]],
  },
  {
    when: 'more than a slice full comes',
    slices: [slice('a', range(0, 50))],
    desired: range(0, 180),
    expect: [{ a: 80 }, [], [100]],
  },
  {
    when: 'changed slices are filled, the fullest first',
    slices: [slice('a', range(0, 50)), slice('b', range(50, 145))],
    desired: [...range(1, 50), ...range(51, 145), ...range(300, 310)],
    expect: [{ a: 53, b: 100 }, [], []],
  },
];
for (const { when, slices, desired, expect } of cases)
  test(`when ${when}: ${JSON.stringify(expect)}`, () => {
    assert.deepEqual(summary(pack(slices, desired)), expect);
  });

test('afterwards every endpoint is in exactly one slice, no slice is too large, and doing it again changes nothing', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 300 });
  fc.assert(
    fc.property(ids, ids, fc.integer({ min: 1, max: 100 }), (before, after, width) => {
      const slices: EndpointSlice[] = [];
      for (let at = 0; at < before.length; at += width)
        slices.push(
          slice(
            `s${at}`,
            before.slice(at, at + width).map((id) => endpoint(id)),
          ),
        );
      const desired = after.map((id) => endpoint(id));
      const { changed, emptied, added } = pack(slices, desired);
      const result = [
        ...slices
          .filter((one) => !emptied.includes(one))
          .map((one) => slice(one.metadata.name, changed.get(one) ?? one.endpoints)),
        ...added.map((endpoints, index) => slice(`new-${index}`, endpoints)),
      ];
      const names = result.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef?.name ?? '')).sort();
      assert.deepEqual(names, desired.map(({ targetRef }) => targetRef?.name ?? '').sort());
      assert.ok(result.every(({ endpoints }) => endpoints.length > 0 && endpoints.length <= endpointsPerSliceMax));
      assert.deepEqual(summary(pack(result, desired)), [{}, [], []]);
    }),
  );
});
