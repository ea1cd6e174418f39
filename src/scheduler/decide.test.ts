import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '../api/schema/core-v1.ts';
import { decide } from './decide.ts';
import { NodeInfo } from './framework/node-info.ts';
import { defaultProfile } from './plugins/default-profile.ts';

interface NodeShape {
  readonly name: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly gpus?: string;
  readonly labels?: Record<string, string>;
  readonly taints?: NonNullable<Node['spec']['taints']>;
  readonly unschedulable?: boolean;
}

function node({
  name,
  cpu = '4',
  memory = '8Gi',
  pods = '110',
  gpus,
  labels = {},
  taints,
  unschedulable,
}: NodeShape): Node {
  return {
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '', labels },
    spec: { taints, unschedulable },
    status: { allocatable: { cpu, memory, pods, ...(gpus === undefined ? {} : { 'nvidia.com/gpu': gpus }) } },
  } as unknown as Node;
}

function pod(name: string, requests: Record<string, string> = {}, spec: object = {}): Pod {
  return {
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests } }], ...spec },
    status: {},
  } as unknown as Pod;
}

function cluster(...nodes: readonly (NodeShape & { readonly running?: readonly Pod[] })[]): NodeInfo[] {
  return nodes.map(({ running = [], ...shape }) => {
    const info = new NodeInfo();
    info.node = node(shape);
    for (const each of running) info.add(each);
    return info;
  });
}

/** The node, or why there is none, without what is said of preemption. */
const place = (one: Pod, nodes: readonly NodeInfo[]): string => {
  const placement = decide(one, nodes, defaultProfile, () => 0);
  return placement.node ?? placement.message.replace(/ no new claims to deallocate, preemption: .*$/, '');
};

const gpuTaint = { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' };

const cases: readonly { when: string; pod: Pod; nodes: readonly NodeInfo[]; expect: string }[] = [
  { when: 'there are no nodes', pod: pod('p'), nodes: [], expect: 'no nodes available to schedule pods' },
  { when: 'one node has room', pod: pod('p', { cpu: '1' }), nodes: cluster({ name: 'a' }), expect: 'a' },
  {
    when: 'cpu and memory lack on one and cpu on the other',
    pod: pod('p', { cpu: '8', memory: '10Gi' }),
    nodes: cluster({ name: 'a' }, { name: 'b', memory: '64Gi' }),
    expect: '0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu.',
  },
  {
    when: 'what is taken leaves too little',
    pod: pod('p', { cpu: '2' }),
    nodes: cluster({ name: 'a', running: [pod('x', { cpu: '2500m' })] }),
    expect: '0/1 nodes are available: 1 Insufficient cpu.',
  },
  {
    when: 'what is asked for is exactly what is left',
    pod: pod('p', { cpu: '1500m' }),
    nodes: cluster({ name: 'a', running: [pod('x', { cpu: '2500m' })] }),
    expect: 'a',
  },
  {
    when: 'a node holds all the pods it may',
    pod: pod('p'),
    nodes: cluster({ name: 'a', pods: '1', running: [pod('x')] }),
    expect: '0/1 nodes are available: 1 Too many pods.',
  },
  {
    when: 'no node has the extended resource',
    pod: pod('p', { 'nvidia.com/gpu': '1' }),
    nodes: cluster({ name: 'a' }),
    expect: '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.',
  },
  {
    when: 'one node has the extended resource',
    pod: pod('p', { 'nvidia.com/gpu': '1' }),
    nodes: cluster({ name: 'a' }, { name: 'b', gpus: '2' }),
    expect: 'b',
  },
  {
    when: 'a taint is not tolerated and another node is cordoned',
    pod: pod('p'),
    nodes: cluster(
      { name: 'a', taints: [gpuTaint] },
      { name: 'b', unschedulable: true },
      { name: 'c', taints: [gpuTaint] },
    ),
    expect: '0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had untolerated taint(s).',
  },
  {
    when: 'the taint is tolerated',
    pod: pod('p', {}, { tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }] }),
    nodes: cluster({ name: 'a', taints: [gpuTaint] }),
    expect: 'a',
  },
  {
    when: 'the selector matches the second node',
    pod: pod('p', {}, { nodeSelector: { disk: 'ssd' } }),
    nodes: cluster({ name: 'a' }, { name: 'b', labels: { disk: 'ssd' } }),
    expect: 'b',
  },
  {
    when: 'the selector matches no node',
    pod: pod('p', {}, { nodeSelector: { disk: 'ssd' } }),
    nodes: cluster({ name: 'a' }),
    expect: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    when: 'required affinity asks for a number above the label',
    pod: pod(
      'p',
      {},
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'gen', operator: 'Gt', values: ['2'] }] }],
            },
          },
        },
      },
    ),
    nodes: cluster({ name: 'a', labels: { gen: '2' } }, { name: 'b', labels: { gen: '3' } }),
    expect: 'b',
  },
  {
    when: 'a preferred label outweighs an emptier node',
    pod: pod(
      'p',
      { cpu: '1', memory: '1Gi' },
      {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 10, preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['z'] }] } },
            ],
          },
        },
      },
    ),
    nodes: cluster(
      { name: 'a' },
      { name: 'b', labels: { zone: 'z' }, running: [pod('x', { cpu: '1', memory: '2Gi' })] },
    ),
    expect: 'b',
  },
  {
    when: 'one node is emptier',
    pod: pod('p', { cpu: '1' }),
    nodes: cluster({ name: 'a', running: [pod('x', { cpu: '1', memory: '2Gi' })] }, { name: 'b' }),
    expect: 'b',
  },
  {
    when: 'a soft taint makes a node less welcome',
    pod: pod('p', { cpu: '1' }),
    nodes: cluster(
      { name: 'a', taints: [{ key: 'k', effect: 'PreferNoSchedule' }] },
      { name: 'b', running: [pod('x', { cpu: '1', memory: '2Gi' })] },
    ),
    expect: 'b',
  },
  {
    when: 'the host port is taken on one node',
    pod: pod(
      'p',
      {},
      { containers: [{ name: 'c', resources: {}, ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] }] },
    ),
    nodes: cluster({
      name: 'a',
      running: [
        pod(
          'x',
          {},
          {
            containers: [{ name: 'c', resources: {}, ports: [{ containerPort: 8080, hostPort: 80, protocol: 'TCP' }] }],
          },
        ),
      ],
    }),
    expect: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  {
    when: 'the pod must be apart from others, which no plugin honours',
    pod: pod(
      'p',
      {},
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname' }],
          },
        },
      },
    ),
    nodes: cluster({ name: 'a' }),
    expect:
      'this scheduler cannot honour spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution yet',
  },
];

for (const each of cases)
  test(`when ${each.when}: ${each.expect}`, () => assert.equal(place(each.pod, each.nodes), each.expect));

test('of equal nodes chance decides, among all of them', () => {
  const nodes = cluster({ name: 'a' }, { name: 'b' }, { name: 'c' });
  const chosen = [0, 1, 2].map(
    (index) => decide(pod('p', { cpu: '1' }), nodes, defaultProfile, (count) => (assert.equal(count, 3), index)).node,
  );
  assert.deepEqual(chosen, ['a', 'b', 'c']);
});

test('a pod that is removed gives back what it took', () => {
  const [info] = cluster({ name: 'a', running: [pod('x', { cpu: '3' })] });
  assert.ok(info !== undefined);
  assert.match(place(pod('p', { cpu: '2' }), [info]), /Insufficient cpu/);
  info.remove('x');
  assert.equal(place(pod('p', { cpu: '2' }), [info]), 'a');
});

test('a refusal says on how many nodes others could make room, as upstream does when nobody can be preempted', () => {
  const big = pod('p', { cpu: '3' });
  const nodes = cluster(
    { name: 'full', running: [pod('x', { cpu: '2' })] },
    { name: 'small', cpu: '2' },
    { name: 'tainted', taints: [gpuTaint] },
    { name: 'full-of-lesser', running: [pod('y', { cpu: '2' }, { priority: -1 })] },
  );
  const message = (one: Pod): string | undefined => {
    const placement = decide(one, nodes, defaultProfile, () => 0);
    return placement.node === undefined ? placement.message : undefined;
  };
  assert.equal(
    message(big),
    '0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient cpu. no new claims to deallocate, ' +
      'preemption: 0/4 nodes are available: 1 No preemption victims found for incoming pod, ' +
      '1 Preemption is not served, 2 Preemption is not helpful for scheduling.',
  );
  assert.equal(
    message(pod('p', { cpu: '3' }, { preemptionPolicy: 'Never' })),
    '0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient cpu. no new claims to deallocate, ' +
      'preemption: not eligible due to preemptionPolicy=Never.',
  );
});
