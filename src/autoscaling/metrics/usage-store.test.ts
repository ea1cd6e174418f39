import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type UsagePoint, UsageStore } from './usage-store.ts';

const second = 1_000;
const point = (at: number, cpu: number, startedAt = -1_000): UsagePoint => ({
  startedAt: startedAt * second,
  timestamp: at * second,
  cpuNanoseconds: cpu,
  memoryBytes: 4096 * (at + 1),
});
const pods = (...containers: readonly (readonly [string, UsagePoint])[]) => ({
  nodes: new Map<string, UsagePoint>(),
  pods: new Map([['default/chat', new Map(containers)]]),
});
const store = (): UsageStore => new UsageStore({ resolutionMs: 15 * second });

test('two points tell the CPU over their window and the memory of the last', () => {
  const usage = store();
  usage.store(pods(['server', point(0, 1_000_000_000)]));
  assert.equal(usage.pod('default/chat'), undefined);
  usage.store(pods(['server', point(15, 8_500_000_000)]));
  assert.deepEqual(usage.pod('default/chat')?.get('server'), {
    cpuNanos: 500_000_000,
    memoryBytes: 4096 * 16,
    timestamp: 15 * second,
    windowMs: 15 * second,
  });
});

test('a young container is measured from its start, a very young one is not', () => {
  const usage = store();
  usage.store(pods(['server', point(12, 6_000_000_000, 0)]));
  assert.equal(usage.pod('default/chat')?.get('server')?.cpuNanos, 500_000_000);
  usage.store(pods(['server', point(9, 6_000_000_000, 0)]));
  const fresh = store();
  fresh.store(pods(['server', point(9, 6_000_000_000, 0)]));
  assert.equal(fresh.pod('default/chat'), undefined);
});

test('a restart begins anew', () => {
  const usage = store();
  usage.store(pods(['server', point(0, 5_000_000_000)]));
  usage.store(pods(['server', point(15, 6_000_000_000)]));
  usage.store(pods(['server', point(35, 1_000_000_000, 30)]));
  assert.equal(usage.pod('default/chat'), undefined);
  usage.store(pods(['server', point(50, 4_000_000_000, 30)]));
  assert.equal(usage.pod('default/chat')?.get('server')?.cpuNanos, 200_000_000);
});

test('a point that is not newer keeps the one before', () => {
  const usage = store();
  usage.store(pods(['server', point(0, 0)]));
  usage.store(pods(['server', point(15, 1_500_000_000)]));
  usage.store(pods(['server', point(15, 1_500_000_000)]));
  assert.equal(usage.pod('default/chat')?.get('server')?.cpuNanos, 100_000_000);
});

test('counters that go back say nothing', () => {
  const usage = store();
  usage.store(pods(['server', point(0, 9_000_000_000)]));
  usage.store(pods(['server', point(15, 1_000_000_000)]));
  assert.equal(usage.pod('default/chat')?.size, 0);
});

test('a pod is told when all of its containers can be', () => {
  const usage = store();
  usage.store(pods(['server', point(0, 0)]));
  usage.store(pods(['server', point(15, 0)], ['proxy', point(15, 0)]));
  assert.equal(usage.pod('default/chat'), undefined);
  usage.store(pods(['server', point(30, 0)], ['proxy', point(30, 0)]));
  assert.deepEqual([...(usage.pod('default/chat')?.keys() ?? [])], ['server', 'proxy']);
});

test('what is no longer measured is forgotten', () => {
  const usage = store();
  const nodes = (at: number) => ({ nodes: new Map([['node-1', point(at, at * 1e9)]]), pods: new Map() });
  usage.store(nodes(0));
  usage.store(nodes(15));
  assert.equal(usage.node('node-1')?.cpuNanos, 1e9);
  usage.store({ nodes: new Map(), pods: new Map() });
  assert.equal(usage.node('node-1'), undefined);
});
