import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../api/error.ts';
import { pods, services } from '../api/resources.ts';
import type { Namespace } from '../api/schema/core-v1.ts';
import type { AdmissionRequest } from '../apiserver/admission.ts';
import { hostCommandsLabel, localAdmission } from './local-admission.ts';

const namespaces: Readonly<Record<string, Namespace>> = {
  open: { metadata: { name: 'open', labels: { [hostCommandsLabel]: 'allowed' } } } as unknown as Namespace,
};

/** The reason and message of the refusal, undefined when it is admitted. */
function answer(resource: typeof pods | typeof services, spec: object, namespace = 'default'): string | undefined {
  const object = { metadata: { name: 'x', namespace }, spec };
  const request = {
    operation: 'CREATE',
    resource,
    subresource: '',
    namespace,
    name: 'x',
    object,
  } as unknown as AdmissionRequest;
  try {
    localAdmission((name) => namespaces[name]).validate?.(request);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ApiError);
    return `${error.reason} ${error.message}`;
  }
}

const container = (image: string, rest: object = {}): object => ({
  containers: [{ name: 'c', image, resources: {}, ...rest }],
});
const exec = { exec: { command: ['true'] } };

const cases: readonly {
  what: string;
  resource: typeof pods | typeof services;
  spec: object;
  namespace?: string;
  expect: RegExp | undefined;
}[] = [
  { what: 'a model server', resource: pods, spec: container('slipway/llm'), expect: undefined },
  {
    what: 'a command of the machine',
    resource: pods,
    spec: container('host/sh'),
    expect: /^Forbidden .*host\/sh would run a command/,
  },
  {
    what: 'a command of the machine where it is allowed',
    resource: pods,
    spec: container('host/sh'),
    namespace: 'open',
    expect: undefined,
  },
  {
    what: 'an exec probe beside a model server',
    resource: pods,
    spec: container('slipway/llm', { livenessProbe: exec }),
    expect: /^Forbidden .*the livenessProbe of c/,
  },
  {
    what: 'an exec hook beside a model server',
    resource: pods,
    spec: container('slipway/llm', { lifecycle: { preStop: exec } }),
    expect: /^Forbidden .*the preStop hook of c/,
  },
  {
    what: 'an exec hook where it is allowed',
    resource: pods,
    spec: container('slipway/llm', { lifecycle: { preStop: exec } }),
    namespace: 'open',
    expect: undefined,
  },
  {
    what: 'a volume',
    resource: pods,
    spec: { ...container('slipway/llm'), volumes: [{ name: 'v' }] },
    expect: /^Invalid .*spec\.volumes\[0\]: Forbidden/,
  },
  { what: 'a TCP service', resource: services, spec: { ports: [{ port: 80, protocol: 'TCP' }] }, expect: undefined },
  {
    what: 'a UDP service',
    resource: services,
    spec: { ports: [{ port: 53, protocol: 'UDP' }] },
    expect: /^Invalid .*spec\.ports\[0\]\.protocol: Forbidden/,
  },
  {
    what: 'a service with external addresses',
    resource: services,
    spec: { externalIPs: ['192.0.2.1'], ports: [{ port: 80, protocol: 'TCP' }] },
    expect: /^Invalid .*spec\.externalIPs: Forbidden/,
  },
  {
    what: 'a node port that is named',
    resource: services,
    spec: { type: 'NodePort', ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }] },
    expect: undefined,
  },
  {
    what: 'a node port that would have to be allocated',
    resource: services,
    spec: { type: 'NodePort', ports: [{ port: 80, protocol: 'TCP' }] },
    expect: /^Invalid .*spec\.ports\[0\]\.nodePort: Forbidden/,
  },
];

for (const { what, resource, spec, namespace, expect } of cases)
  test(`${what} is ${expect === undefined ? 'admitted' : 'refused'}`, () => {
    const got = answer(resource, spec, namespace);
    if (expect === undefined) assert.equal(got, undefined);
    else assert.match(got ?? 'admitted', expect);
  });
