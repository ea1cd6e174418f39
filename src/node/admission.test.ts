import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbiddenField } from '../api/field-error.ts';
import type { Node, Pod } from '../api/schema/core-v1.ts';
import { refusalOf } from './admission.ts';

function node(change: { labels?: object; taints?: readonly object[]; allocatable?: object } = {}): Node {
  return {
    metadata: { name: 'n', labels: { disk: 'ssd', ...change.labels } },
    spec: { taints: change.taints },
    status: {
      allocatable: { cpu: '2', memory: '4Gi', pods: '3', ...change.allocatable },
      nodeInfo: { operatingSystem: 'linux' },
    },
  } as unknown as Node;
}

function pod(requests: Record<string, string> = {}, spec: object = {}, metadata: object = {}): Pod {
  return {
    metadata: { name: 'p', ...metadata },
    spec: { containers: [{ name: 'c', resources: { requests } }], ...spec },
  } as unknown as Pod;
}

const withPort = (hostPort: number): Pod =>
  pod({}, { containers: [{ name: 'c', resources: {}, ports: [{ containerPort: 1, hostPort }] }] });

interface Case {
  readonly when: string;
  readonly pod: Pod;
  readonly node?: Node;
  readonly others?: readonly Pod[];
  readonly then: string;
}

const cases: readonly Case[] = [
  { when: 'there is room', pod: pod({ cpu: '2', memory: '4Gi' }), then: 'admitted' },
  {
    when: 'cpu is taken',
    pod: pod({ cpu: '600m' }),
    others: [pod({ cpu: '1500m' })],
    then: "OutOfcpu: Node didn't have enough resource: cpu, requested: 600, used: 1500, capacity: 2000",
  },
  {
    when: 'memory is short',
    pod: pod({ memory: '5Gi' }),
    then: "OutOfmemory: Node didn't have enough resource: memory, requested: 5368709120, used: 0, capacity: 4294967296",
  },
  {
    when: 'there are as many pods as may be',
    pod: pod(),
    others: [pod(), pod(), pod()],
    then: "OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
  },
  {
    when: 'a device is taken',
    pod: pod({ 'nvidia.com/gpu': '1' }),
    node: node({ allocatable: { 'nvidia.com/gpu': '1' } }),
    others: [pod({ 'nvidia.com/gpu': '1' })],
    then: "OutOfnvidia.com/gpu: Node didn't have enough resource: nvidia.com/gpu, requested: 1, used: 1, capacity: 1",
  },
  { when: 'the node knows nothing of a device', pod: pod({ 'example.com/thing': '1' }), then: 'admitted' },
  {
    when: 'the selector does not match',
    pod: pod({}, { nodeSelector: { disk: 'hdd' } }),
    then: "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  },
  {
    when: 'a host port is held',
    pod: withPort(80),
    others: [withPort(80)],
    then: "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  },
  { when: 'another host port is held', pod: withPort(80), others: [withPort(81)], then: 'admitted' },
  {
    when: 'a NoExecute taint is not tolerated',
    pod: pod(),
    node: node({ taints: [{ key: 'k', effect: 'NoExecute' }] }),
    then: "TaintToleration: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
  },
  {
    when: 'only NoSchedule is not tolerated, which was the scheduler’s to see',
    pod: pod(),
    node: node({ taints: [{ key: 'k', effect: 'NoSchedule' }] }),
    then: 'admitted',
  },
  {
    when: 'it is for another system',
    pod: pod({}, { os: { name: 'windows' } }),
    then: "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS",
  },
  {
    when: 'its label names another system',
    pod: pod({}, {}, { labels: { 'kubernetes.io/os': 'windows' } }),
    then: "PodOSSelectorNodeLabelDoesNotMatch: Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
  },
];

for (const { when, then, ...rest } of cases)
  test(`when ${when}: ${then}`, () => {
    const view = { node: rest.node ?? node(), others: rest.others ?? [], unsupported: [] };
    const refusal = refusalOf(rest.pod, view);
    assert.equal(refusal === undefined ? 'admitted' : `${refusal.reason}: ${refusal.message}`, then);
  });

test('what the runtime cannot honour is named with its path', () => {
  const unsupported = [forbiddenField('spec.hostPID', 'not here')];
  assert.deepEqual(refusalOf(pod(), { node: node(), others: [], unsupported }), {
    reason: 'PodFeatureUnsupported',
    message: 'spec.hostPID: Forbidden: not here',
  });
});
