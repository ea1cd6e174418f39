import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, Container, Pod, Secret, Service } from '../../api/schema/core-v1.ts';
import { RuntimeError } from '../container-runtime.ts';
import { environmentOf } from './environment.ts';

const settings: Readonly<Record<string, string>> = { LEVEL: 'info', greeting: 'hello' };
const secrets: Readonly<Record<string, string>> = { token: Buffer.from('s3crét').toString('base64') };
const sources = {
  configMap: (name: string) =>
    Promise.resolve(name === 'settings' ? ({ data: settings } as unknown as ConfigMap) : undefined),
  secret: (name: string) => Promise.resolve(name === 'keys' ? ({ data: secrets } as unknown as Secret) : undefined),
  services: [
    { metadata: { name: 'db', namespace: 'ai' }, spec: { clusterIP: '10.0.0.9', ports: [{ port: 5432 }] } },
  ] as unknown as Service[],
  allocatable: { cpu: '3500m', memory: '8Gi' },
};

async function variables(container: object, spec: object = {}): Promise<Record<string, string>> {
  const pod = {
    metadata: { name: 'p', namespace: 'ai', uid: 'u-1', labels: { app: 'chat' }, annotations: {} },
    spec: { nodeName: 'n1', serviceAccountName: 'default', containers: [], enableServiceLinks: false, ...spec },
    status: {},
  } as unknown as Pod;
  const whole = { name: 'c', resources: {}, ...container } as Container;
  const list = await environmentOf(pod, whole, { podIP: '10.1.0.5', hostIP: '192.168.0.1' }, sources);
  assert.equal(new Set(list.map(({ name }) => name)).size, list.length, 'no name twice');
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

const field = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const resource = (name: string, ref: object): object => ({ name, valueFrom: { resourceFieldRef: ref } });

test('later variables see earlier ones, and what is unknown stays as it is written', async () => {
  const env = [
    { name: 'A', value: 'one' },
    { name: 'B', value: '$(A)-two' },
    { name: 'C', value: '$(LATER) $$(A)' },
    { name: 'LATER', value: 'x' },
    { name: 'A', value: '$(A)!' },
  ];
  assert.deepEqual(await variables({ env }), { A: 'one!', B: 'one-two', C: '$(LATER) $(A)', LATER: 'x' });
});

test('env overrides envFrom, and a prefix goes before imported names', async () => {
  const container = {
    envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'KEY_', secretRef: { name: 'keys' } }],
    env: [{ name: 'LEVEL', value: '$(greeting) $(KEY_token)' }],
  };
  assert.deepEqual(await variables(container), { LEVEL: 'hello s3crét', greeting: 'hello', KEY_token: 's3crét' });
});

test('values come from the pod, its addresses and its labels', async () => {
  const env = [
    field('NAME', 'metadata.name'),
    field('NS', 'metadata.namespace'),
    field('UID', 'metadata.uid'),
    field('NODE', 'spec.nodeName'),
    field('SA', 'spec.serviceAccountName'),
    field('IP', 'status.podIP'),
    field('HOST', 'status.hostIP'),
    field('APP', "metadata.labels['app']"),
    field('NONE', "metadata.annotations['none']"),
  ];
  assert.deepEqual(await variables({ env }), {
    NAME: 'p',
    NS: 'ai',
    UID: 'u-1',
    NODE: 'n1',
    SA: 'default',
    IP: '10.1.0.5',
    HOST: '192.168.0.1',
    APP: 'chat',
    NONE: '',
  });
});

test('resources are told in units of the divisor, rounded up; missing limits are the node’s', async () => {
  const container = {
    resources: { requests: { cpu: '1500m', memory: '1Gi' }, limits: { memory: '2Gi' } },
    env: [
      resource('CPU', { resource: 'requests.cpu' }),
      resource('MILLIS', { resource: 'requests.cpu', divisor: '1m' }),
      resource('MI', { resource: 'limits.memory', divisor: '1Mi' }),
      resource('NODE_CPU', { resource: 'limits.cpu', divisor: '0' }),
    ],
  };
  const expected = { CPU: '2', MILLIS: '1500', MI: '2048', NODE_CPU: '4' };
  assert.deepEqual(await variables(container), expected);
});

test('services come in when the pod wants links, and never override its own variables', async () => {
  const env = [
    { name: 'DB_SERVICE_PORT', value: 'mine' },
    { name: 'URL', value: 'pg://$(DB_SERVICE_HOST)' },
  ];
  const found = await variables({ env }, { enableServiceLinks: true });
  assert.equal(found['URL'], 'pg://10.0.0.9');
  assert.equal(found['DB_SERVICE_PORT'], 'mine');
  assert.equal(found['DB_PORT'], 'tcp://10.0.0.9:5432');
});

test('what is optional and missing is left out', async () => {
  const container = {
    envFrom: [{ configMapRef: { name: 'gone', optional: true } }],
    env: [
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'gone', optional: true } } },
      { name: 'B', valueFrom: { secretKeyRef: { name: 'gone', key: 'x', optional: true } } },
      { name: 'C', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
    ],
  };
  assert.deepEqual(await variables(container), { C: 's3crét' });
});

const missing: readonly (readonly [string, object, string])[] = [
  ['a config map', { envFrom: [{ configMapRef: { name: 'gone' } }] }, 'configmap "gone" not found'],
  ['a secret', { envFrom: [{ secretRef: { name: 'gone' } }] }, 'secret "gone" not found'],
  [
    'a key of a config map',
    { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'toString' } } }] },
    "couldn't find key toString in ConfigMap ai/settings",
  ],
  [
    'a key of a secret',
    { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'keys', key: 'k' } } }] },
    "couldn't find key k in Secret ai/keys",
  ],
  ['a field', { env: [field('A', 'status.phase')] }, 'unsupported fieldPath: status.phase'],
];

for (const [what, container, message] of missing)
  test(`without ${what} the container cannot be made: ${message}`, () =>
    assert.rejects(
      variables(container),
      (error) =>
        error instanceof RuntimeError && error.reason === 'CreateContainerConfigError' && error.message === message,
    ));
