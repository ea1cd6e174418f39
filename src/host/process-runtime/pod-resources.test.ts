import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerResources } from '../../node/container-runtime.ts';
import { podResourcesAfter } from './pod-resources.ts';

const none = { cpuRequestMillis: 0, cpuLimitMillis: undefined, memoryLimitBytes: undefined };
const cases: readonly {
  when: string;
  pod: ContainerResources;
  before: ContainerResources;
  after: ContainerResources;
  expect: ContainerResources;
}[] = [
  { when: 'nothing has limits', pod: {}, before: {}, after: {}, expect: none },
  {
    when: 'a container grows',
    pod: { cpuRequestMillis: 300, cpuLimitMillis: 600, memoryLimitBytes: 100 },
    before: { cpuRequestMillis: 100, cpuLimitMillis: 200, memoryLimitBytes: 40 },
    after: { cpuRequestMillis: 150, cpuLimitMillis: 500, memoryLimitBytes: 60 },
    expect: { cpuRequestMillis: 350, cpuLimitMillis: 900, memoryLimitBytes: 120 },
  },
  {
    when: 'a container loses its limit',
    pod: { cpuLimitMillis: 600 },
    before: { cpuLimitMillis: 200 },
    after: {},
    expect: none,
  },
  {
    when: 'the pod has no limit because another container has none',
    pod: {},
    before: { cpuLimitMillis: 200 },
    after: { cpuLimitMillis: 300 },
    expect: none,
  },
  {
    when: 'the pod was told its own limit and the container had none',
    pod: { cpuLimitMillis: 600 },
    before: {},
    after: { cpuLimitMillis: 300 },
    expect: { ...none, cpuLimitMillis: 600 },
  },
];
for (const { when, pod, before, after, expect } of cases) {
  test(`when ${when}, the pod's resources follow`, () =>
    assert.deepEqual(podResourcesAfter(pod, before, after), expect));
}
