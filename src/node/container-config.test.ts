import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '../api/schema/core-v1.ts';
import { containerConfig, sandboxConfig } from './container-config.ts';

test('command and args see the variables, and attempts are counted', () => {
  const container = {
    name: 'c',
    image: 'slipway/llm',
    command: ['run', '$(MODE)'],
    args: ['--port=$(PORT)', '$(UNKNOWN)', '$$(PORT)'],
    resources: { requests: { cpu: '250m' }, limits: { cpu: '1', memory: '64Mi' } },
  } as unknown as Container;
  const env = [
    { name: 'PORT', value: '80' },
    { name: 'MODE', value: 'fast' },
  ];
  assert.deepEqual(containerConfig(container, 3, env), {
    name: 'c',
    attempt: 3,
    image: 'slipway/llm',
    command: ['run', 'fast'],
    args: ['--port=80', '$(UNKNOWN)', '$(PORT)'],
    env,
    resources: { cpuRequestMillis: 250, cpuLimitMillis: 1000, memoryLimitBytes: 67_108_864 },
  });
});

test('a container with a limit alone asks for as much', () => {
  const container = { name: 'c', resources: { limits: { cpu: '2' } } } as unknown as Container;
  assert.equal(containerConfig(container, 0, []).resources.cpuRequestMillis, 2000);
});

function resourcesOf(...containers: readonly object[]): object {
  const pod = {
    metadata: { uid: 'u', namespace: 'n', name: 'p' },
    spec: { containers: containers.map((resources, index) => ({ name: `c${index}`, resources })) },
  } as unknown as Pod;
  return sandboxConfig(pod).resources;
}

test('a pod is limited as a whole only when every container is', () => {
  const limited = { requests: { cpu: '100m' }, limits: { cpu: '500m', memory: '1Gi' } };
  assert.deepEqual(resourcesOf(limited, limited), {
    cpuRequestMillis: 200,
    cpuLimitMillis: 1000,
    memoryLimitBytes: 2_147_483_648,
  });
  assert.deepEqual(resourcesOf(limited, { limits: { cpu: '500m' } }), {
    cpuRequestMillis: 100,
    cpuLimitMillis: 1000,
    memoryLimitBytes: undefined,
  });
});
