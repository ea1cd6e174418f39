import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '../../api/schema/core-v1.ts';
import { NodeInfo } from '../framework/node-info.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation/node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit/node-resources-fit.ts';
import { taintToleration } from './taint-toleration/taint-toleration.ts';

function node(cpu: string, memory: string, taints: readonly object[] = []): Node {
  return {
    metadata: { name: 'n' },
    spec: { taints },
    status: { allocatable: { cpu, memory, pods: '110' } },
  } as unknown as Node;
}

function pod(cpu: string, memory: string, spec: object = {}): Pod {
  const requests = { ...(cpu === '' ? {} : { cpu }), ...(memory === '' ? {} : { memory }) };
  return {
    metadata: { name: `${cpu} ${memory}`, uid: `${cpu} ${memory}` },
    spec: { containers: [{ name: 'c', resources: { requests } }], ...spec },
  } as unknown as Pod;
}

function infoOf(of: Node, ...running: readonly Pod[]): NodeInfo {
  const info = new NodeInfo();
  info.node = of;
  for (const each of running) info.add(each);
  return info;
}

interface Case {
  readonly what: string;
  readonly of: Node;
  readonly pod: Pod;
  readonly running?: readonly Pod[];
  readonly least: number;
  readonly balanced: number | undefined;
}

// Worked out by the formulas of noderesources/least_allocated.go and balanced_allocation.go, 1.36.
const cases: readonly Case[] = [
  { what: 'half of both', of: node('4', '8000'), pod: pod('2', '4000'), least: 50, balanced: 75 },
  { what: 'cpu only, which tips an even node', of: node('4', '8000'), pod: pod('2', '0'), least: 75, balanced: 62 },
  {
    what: 'what evens out a tipped node',
    of: node('4', '8000'),
    running: [pod('2', '0')],
    pod: pod('0', '4000'),
    least: 50,
    balanced: 87,
  },
  {
    what: 'more than there is',
    of: node('4', '8000'),
    running: [pod('3', '0')],
    pod: pod('2', '8000'),
    least: 0,
    balanced: 94,
  },
  {
    what: 'nothing, which weighs 100m and 200Mi',
    of: node('1', '2000Mi'),
    pod: pod('', ''),
    least: 90,
    balanced: undefined,
  },
  { what: 'of a node without memory', of: node('4', '0'), pod: pod('1', '0'), least: 75, balanced: 75 },
];

for (const { what, of, running = [], pod: one, least, balanced } of cases)
  test(`a request of ${what} scores ${least} for room and ${balanced ?? 'nothing'} for balance`, () => {
    const info = infoOf(of, ...running);
    assert.equal(nodeResourcesFit.score(one, of, info), least);
    const applies = nodeResourcesBalancedAllocation.appliesTo?.(one) !== false;
    assert.equal(applies ? nodeResourcesBalancedAllocation.score(one, of, info) : undefined, balanced);
  });

const soft = (key: string): object => ({ key, value: 'v', effect: 'PreferNoSchedule' });

test('soft taints count unless they are tolerated, and the fewest get 100', () => {
  const tolerations = [{ key: 'a', operator: 'Exists' }];
  const one = pod('1', '1', { tolerations });
  const raw = [[], [soft('a')], [soft('a'), soft('b')], [soft('b'), soft('c')]].map((taints) => {
    const of = node('1', '1', taints);
    return taintToleration.score(one, of, infoOf(of));
  });
  assert.deepEqual(raw, [0, 0, 1, 2]);
  assert.deepEqual(taintToleration.normalize?.(raw), [100, 100, 50, 0]);
});
