import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasChanged, newNode, nodeStatus, wellNode, type NodeDescription } from './node-object.ts';

const startMs = Date.parse('2026-01-01T00:00:00Z');

const description: NodeDescription = {
  name: 'n1',
  address: '10.0.0.1',
  capacity: { cpu: '4', memory: '8Gi', pods: '110' },
  labels: { zone: 'a' },
  system: {
    machineID: 'm',
    systemUUID: 's',
    bootID: 'b',
    kernelVersion: '6.1',
    osImage: 'Debian',
    operatingSystem: 'linux',
    architecture: 'amd64',
  },
  runtimeVersion: 'slipway-process://1',
  kubeletVersion: 'v1.36.3',
};

const first = nodeStatus(description, { old: undefined, health: wellNode, nowMs: startMs });

test('a new node has the labels that selectors expect, and is ready', () => {
  const { metadata } = newNode(description, first);
  assert.deepEqual(metadata?.labels, {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': 'n1',
    'kubernetes.io/os': 'linux',
    zone: 'a',
  });
  assert.deepEqual(
    first.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
      ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
      ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
      ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
    ],
  );
  assert.deepEqual(first.allocatable, description.capacity);
});

test('a heartbeat moves only the heartbeat times, and is no change', () => {
  const later = nodeStatus(description, { old: first, health: wellNode, nowMs: startMs + 60_000 });
  assert.equal(hasChanged(first, later), false);
  const [condition] = later.conditions ?? [];
  assert.deepEqual(
    [condition?.lastHeartbeatTime, condition?.lastTransitionTime],
    ['2026-01-01T00:01:00Z', '2026-01-01T00:00:00Z'],
  );
});

test('pressure and problems change the conditions, with the time of the change', () => {
  const health = { ...wellNode, memoryPressure: true, problems: ['the runtime is down'] };
  const later = nodeStatus(description, { old: first, health, nowMs: startMs + 60_000 });
  assert.equal(hasChanged(first, later), true);
  const text = later.conditions?.map(({ type, status, reason, lastTransitionTime = '' }) =>
    [type, status, reason, lastTransitionTime.slice(14, 16)].join(' '),
  );
  assert.deepEqual(text, [
    'MemoryPressure True KubeletHasInsufficientMemory 01',
    'DiskPressure False KubeletHasNoDiskPressure 00',
    'PIDPressure False KubeletHasSufficientPID 00',
    'Ready False KubeletNotReady 01',
  ]);
});

test('what others said of the node stays', () => {
  const old = {
    ...first,
    conditions: [{ type: 'NetworkUnavailable', status: 'False' }, ...(first.conditions ?? [])],
    images: [{ names: ['x'] }],
  };
  const later = nodeStatus(description, { old, health: wellNode, nowMs: startMs });
  assert.equal(later.conditions?.[0]?.type, 'NetworkUnavailable');
  assert.deepEqual(later.images, [{ names: ['x'] }]);
});

test('a node that grows is a change', () => {
  const bigger = { ...description, capacity: { ...description.capacity, cpu: '8' } };
  assert.equal(hasChanged(first, nodeStatus(bigger, { old: first, health: wellNode, nowMs: startMs })), true);
});
