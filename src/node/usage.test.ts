import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/schema/core-v1.ts';
import type { SandboxStatus } from './container-runtime.ts';
import { UsageMeter } from './usage.ts';

const pod = { metadata: { name: 'p', namespace: 'n', uid: 'u' } } as unknown as Pod;

function sandbox(containerID: string, state: 'running' | 'exited' = 'running'): SandboxStatus {
  const container = { name: 'c', attempt: 0, containerID, state, startedAt: 100 };
  return { podUid: 'u', namespace: 'n', name: 'p', ip: '', containers: [container] };
}

test('the node’s CPU only grows while containers come and go, and pods are told by name', async () => {
  let now = 1000;
  let there: readonly SandboxStatus[] = [sandbox('1')];
  let cpuNanoseconds = 50;
  const meter = new UsageMeter({
    clock: { now: () => now, after: () => ({ cancel: () => {} }) },
    runtime: {
      list: () => Promise.resolve(there),
      usage: () => Promise.resolve({ c: { cpuNanoseconds, memoryBytes: 7, timestamp: now } }),
    },
  });
  const podOf = (uid: string): Pod | undefined => (uid === 'u' ? pod : undefined);

  const first = await meter.read(podOf);
  assert.deepEqual(first.node, { startedAt: 1000, timestamp: 1000, cpuNanoseconds: 50, memoryBytes: 7 });
  const sample = { startedAt: 100, timestamp: 1000, cpuNanoseconds: 50, memoryBytes: 7 };
  assert.deepEqual(first.pods.get('n/p')?.get('c'), sample);

  [now, there, cpuNanoseconds] = [2000, [sandbox('2')], 30];
  assert.equal((await meter.read(podOf)).node.cpuNanoseconds, 80);
  cpuNanoseconds = 45;
  assert.equal((await meter.read(podOf)).node.cpuNanoseconds, 95);

  there = [sandbox('2', 'exited')];
  const last = await meter.read(podOf);
  assert.deepEqual([last.node.cpuNanoseconds, last.node.memoryBytes, last.pods.size], [95, 0, 0]);
});
