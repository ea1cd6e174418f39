import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServicePort } from '../api/schema/core-v1.ts';
import type { Endpoint, EndpointConditions, EndpointPort, EndpointSlice } from '../api/schema/discovery-v1.ts';
import { serviceRoutes } from './service-routes.ts';

const metadata = (name: string, labels?: Record<string, string>): Service['metadata'] => ({
  namespace: 'default',
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...(labels === undefined ? {} : { labels }),
});

const service = (spec: Partial<Service['spec']>): Service => ({
  metadata: metadata('web'),
  spec: { clusterIP: '127.128.0.9', ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }], ...spec },
  status: { loadBalancer: {} },
});

const endpoint = (address: string, conditions: EndpointConditions = {}): Endpoint => ({
  addresses: [address],
  conditions,
});

const slice = (
  endpoints: readonly Endpoint[],
  ports: readonly EndpointPort[] = [{ name: 'http', protocol: 'TCP', port: 8080 }],
  more: Partial<EndpointSlice> = {},
): EndpointSlice => ({
  metadata: metadata('web-1', { 'kubernetes.io/service-name': 'web' }),
  addressType: 'IPv4',
  endpoints,
  ports,
  ...more,
});

const terminating = { ready: false, serving: true, terminating: true };
const choices: readonly { when: string; slices: readonly EndpointSlice[]; expect: readonly string[] }[] = [
  {
    when: 'endpoints say nothing of themselves',
    slices: [slice([endpoint('127.64.0.1'), endpoint('127.64.0.2')])],
    expect: ['127.64.0.1:8080', '127.64.0.2:8080'],
  },
  {
    when: 'some are not ready',
    slices: [slice([endpoint('127.64.0.1', { ready: true }), endpoint('127.64.0.2', { ready: false })])],
    expect: ['127.64.0.1:8080'],
  },
  {
    when: 'some serve while they terminate',
    slices: [slice([endpoint('127.64.0.1', { ready: true }), endpoint('127.64.0.2', terminating)])],
    expect: ['127.64.0.1:8080'],
  },
  {
    when: 'all terminate',
    slices: [slice([endpoint('127.64.0.1', { ...terminating, serving: false }), endpoint('127.64.0.2', terminating)])],
    expect: ['127.64.0.2:8080'],
  },
  { when: 'none is ready', slices: [slice([endpoint('127.64.0.1', { ready: false })])], expect: [] },
  { when: 'there are none', slices: [], expect: [] },
  {
    when: 'two slices name one endpoint',
    slices: [slice([endpoint('127.64.0.1')]), slice([endpoint('127.64.0.1')])],
    expect: ['127.64.0.1:8080'],
  },
  {
    when: 'a slice has another port',
    slices: [slice([endpoint('127.64.0.1')], [{ name: 'metrics', port: 9090 }])],
    expect: [],
  },
  {
    when: 'pods name their ports by different numbers',
    slices: [slice([endpoint('127.64.0.1')]), slice([endpoint('127.64.0.2')], [{ name: 'http', port: 9000 }])],
    expect: ['127.64.0.1:8080', '127.64.0.2:9000'],
  },
  { when: 'a slice is for IPv6', slices: [slice([endpoint('::1')], undefined, { addressType: 'IPv6' })], expect: [] },
  {
    when: 'a slice belongs to another Service',
    slices: [
      slice([endpoint('127.64.0.1')], undefined, {
        metadata: metadata('x', { 'kubernetes.io/service-name': 'other' }),
      }),
    ],
    expect: [],
  },
  {
    when: 'a slice is in another namespace',
    slices: [
      slice([endpoint('127.64.0.1')], undefined, {
        metadata: { ...metadata('x', { 'kubernetes.io/service-name': 'web' }), namespace: 'other' },
      }),
    ],
    expect: [],
  },
];
for (const { when, slices, expect } of choices) {
  test(`when ${when}, connections go to ${expect.join(' and ') || 'nobody'}`, () => {
    const { routes } = serviceRoutes([service({})], slices);
    assert.deepEqual(
      routes.flatMap(({ endpoints }) => endpoints.map(({ ip, port }) => `${ip}:${port}`)),
      expect,
    );
  });
}

const listens = (spec: Partial<Service['spec']>, ports?: readonly EndpointPort[]): string[] =>
  serviceRoutes([service(spec)], [slice([endpoint('127.64.0.1')], ports)]).routes.map(
    ({ ip, port }) => `${ip}:${port}`,
  );

test('a Service is listened for at its address, and at its node port', () => {
  assert.deepEqual(listens({}), ['127.128.0.9:80']);
  assert.deepEqual(listens({ type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }] }), [
    '127.128.0.9:80',
    '127.0.0.1:30080',
  ]);
  assert.deepEqual(listens({ clusterIP: 'None' }), []);
  assert.deepEqual(listens({ clusterIP: '' }), []);
  assert.deepEqual(listens({ type: 'ExternalName' }), []);
});

test('a port without a name goes to the port without a name', () => {
  assert.deepEqual(listens({ ports: [{ port: 80 }] }, [{ port: 8080 }]), ['127.128.0.9:80']);
});

test('a protocol that is not balanced is told, and the other ports are served', () => {
  const ports: ServicePort[] = [
    { name: 'dns', protocol: 'UDP', port: 53 },
    { name: 'http', port: 80 },
  ];
  const { routes, problems } = serviceRoutes([service({ ports })], [slice([endpoint('127.64.0.1')])]);
  assert.equal(routes.length, 1);
  assert.deepEqual(problems, [{ name: 'default/web:dns', reason: 'protocol UDP is not balanced, only TCP is' }]);
});

test('session affinity lasts three hours unless told', () => {
  const affinity = (spec: Partial<Service['spec']>): number | undefined =>
    serviceRoutes([service(spec)], [slice([endpoint('127.64.0.1')])]).routes[0]?.affinityMs;
  assert.equal(affinity({}), undefined);
  assert.equal(affinity({ sessionAffinity: 'None' }), undefined);
  assert.equal(affinity({ sessionAffinity: 'ClientIP' }), 10_800_000);
  assert.equal(
    affinity({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }),
    60_000,
  );
});
