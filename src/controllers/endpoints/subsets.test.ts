import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSubset } from '../../api/schema/core-v1.ts';
import { addressesMax, truncated } from './capacity.ts';
import { type Served, subsetsOf } from './subsets.ts';

const served = (ip: string, port: number | undefined, isReady = true): Served => ({
  address: { ip, targetRef: { kind: 'Pod', uid: `uid-${ip}` } },
  isReady,
  port: port === undefined ? undefined : { port, protocol: 'TCP' },
});
const read = (subsets: readonly EndpointSubset[]): unknown =>
  subsets.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => [
    addresses.map(({ ip }) => ip),
    notReadyAddresses.map(({ ip }) => ip),
    ports.map(({ port }) => port),
  ]);

// Upstream: TestRepackSubsets.
const cases: readonly { when: string; served: readonly Served[]; expect: unknown }[] = [
  { when: 'there is none', served: [], expect: [] },
  { when: 'one has no port', served: [served('1', undefined)], expect: [[['1'], [], []]] },
  { when: 'one has two ports', served: [served('1', 80), served('1', 81)], expect: [[['1'], [], [80, 81]]] },
  { when: 'two have the same port', served: [served('2', 80), served('1', 80)], expect: [[['1', '2'], [], [80]]] },
  {
    when: 'one of them is not ready',
    served: [served('1', 80), served('2', 80, false)],
    expect: [[['1'], ['2'], [80]]],
  },
  {
    when: 'they have different ports',
    served: [served('1', 80), served('2', 80), served('2', 81)],
    expect: [
      [['1'], [], [80]],
      [['2'], [], [80, 81]],
    ],
  },
];
for (const { when, served, expect } of cases)
  test(`when ${when}, the subsets are ${JSON.stringify(expect)}`, () => {
    assert.deepEqual(read(subsetsOf(served)), expect);
    assert.deepEqual(read(subsetsOf(served.toReversed())), expect);
  });

const subset = (ready: number, notReady: number): EndpointSubset => ({
  addresses: Array.from({ length: ready }, (_, index) => ({ ip: `r${index}` })),
  notReadyAddresses: Array.from({ length: notReady }, (_, index) => ({ ip: `n${index}` })),
});

// Upstream: TestTruncateEndpoints.
const cuts: readonly { before: readonly [number, number][]; after: readonly [number, number][] }[] = [
  { before: [[500, 500]], after: [[500, 500]] },
  { before: [[500, 501]], after: [[500, 500]] },
  { before: [[1001, 10]], after: [[1000, 0]] },
  {
    before: [
      [501, 0],
      [501, 0],
    ],
    after: [
      [500, 0],
      [500, 0],
    ],
  },
  {
    before: [
      [300, 300],
      [300, 300],
    ],
    after: [
      [300, 200],
      [300, 200],
    ],
  },
  {
    before: [
      [400, 0],
      [200, 0],
      [800, 0],
    ],
    after: [
      [286, 0],
      [143, 0],
      [571, 0],
    ],
  },
];
for (const { before, after } of cuts)
  test(`ready and other addresses ${JSON.stringify(before)} become ${JSON.stringify(after)}`, () => {
    const result = truncated(before.map(([ready, notReady]) => subset(ready, notReady)));
    const sizes = result.map(({ addresses = [], notReadyAddresses = [] }) => [
      addresses.length,
      notReadyAddresses.length,
    ]);
    assert.deepEqual(sizes, after);
    assert.ok(sizes.flat().reduce((sum, size) => sum! + size!, 0)! <= addressesMax);
  });
