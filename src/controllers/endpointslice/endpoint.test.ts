import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '../../api/schema/core-v1.ts';
import { addressTypesOf, addressesIn, endpointOf, endpointPortsOf, mayBeEndpoint } from './endpoint.ts';

interface Traits {
  readonly ready?: boolean;
  readonly terminating?: boolean;
  readonly phase?: string;
  readonly ips?: readonly string[];
}

function podWith({ ready = true, terminating = false, phase = 'Running', ips = ['10.0.0.1'] }: Traits): Pod {
  return {
    metadata: {
      name: 'p',
      namespace: 'n',
      uid: 'u',
      resourceVersion: '7',
      creationTimestamp: '',
      ...(terminating ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      nodeName: 'node-1',
      containers: [
        { name: 'c', image: 'i', resources: {}, ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] },
      ],
      initContainers: [
        {
          name: 'side',
          image: 'i',
          resources: {},
          restartPolicy: 'Always',
          ports: [{ name: 'metrics', containerPort: 9090 }],
        },
        { name: 'init', image: 'i', resources: {}, ports: [{ name: 'setup', containerPort: 7070 }] },
      ],
    },
    status: {
      phase,
      podIPs: ips.map((ip) => ({ ip })),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

const serviceWith = (spec: Partial<Service['spec']>): Service => ({
  metadata: { name: 's', namespace: 'n', uid: 's', resourceVersion: '1', creationTimestamp: '' },
  spec: { clusterIP: '127.128.0.1', selector: { app: 'web' }, ...spec },
  status: { loadBalancer: {} },
});

// Upstream: TestPodToEndpoint.
const conditions: readonly (Traits & {
  publishes?: boolean;
  expect: readonly [ready: boolean, serving: boolean, terminating: boolean];
})[] = [
  { ready: true, expect: [true, true, false] },
  { ready: false, expect: [false, false, false] },
  { ready: true, terminating: true, expect: [false, true, true] },
  { ready: false, terminating: true, expect: [false, false, true] },
  { ready: false, publishes: true, expect: [true, false, false] },
  { ready: true, terminating: true, publishes: true, expect: [true, true, true] },
];
for (const { publishes = false, expect, ...traits } of conditions)
  test(`a pod with ${JSON.stringify({ ...traits, publishes })} is ready, serving, terminating: ${expect.join(', ')}`, () => {
    const service = serviceWith({ publishNotReadyAddresses: publishes });
    const endpoint = endpointOf(podWith(traits), service, undefined, 'IPv4');
    const { ready, serving, terminating } = endpoint.conditions;
    assert.deepEqual([ready, serving, terminating], expect);
    assert.deepEqual(endpoint.targetRef, { kind: 'Pod', namespace: 'n', name: 'p', uid: 'u' });
    assert.equal(endpoint.nodeName, 'node-1');
  });

test('pods that ended or have no address are no endpoints, terminating ones only where asked for', () => {
  const may = (traits: Traits, includeTerminating = true): boolean =>
    mayBeEndpoint(podWith(traits), { includeTerminating });
  assert.deepEqual(
    [
      may({}),
      may({ ready: false }),
      may({ phase: 'Succeeded' }),
      may({ phase: 'Failed' }),
      may({ ips: [] }),
      may({ ips: ['nonsense'] }),
    ],
    [true, true, false, false, false, false],
  );
  assert.deepEqual([may({ terminating: true }), may({ terminating: true }, false)], [true, false]);
});

test('ports are found by number, and by name with the same protocol in containers and sidecars', () => {
  const service = serviceWith({
    ports: [
      { name: 'a', port: 80, targetPort: 'http', protocol: 'TCP' },
      { name: 'b', port: 81, targetPort: 8443, protocol: 'TCP' },
      { name: 'c', port: 82, protocol: 'TCP' },
      { name: 'd', port: 83, targetPort: 'metrics', protocol: 'TCP' },
      { name: 'udp', port: 84, targetPort: 'http', protocol: 'UDP' },
      { name: 'init', port: 85, targetPort: 'setup', protocol: 'TCP' },
      { name: 'none', port: 86, targetPort: 'absent', protocol: 'TCP' },
    ],
  });
  assert.deepEqual(
    endpointPortsOf(podWith({}), service).map(({ name, port }) => [name, port]),
    [
      ['a', 8080],
      ['b', 8443],
      ['c', 82],
      ['d', 9090],
    ],
  );
});

test('addresses are taken by family and written in one way', () => {
  const { status } = podWith({ ips: ['127.64.0.7', 'FD00:0:0::1'] });
  assert.deepEqual(addressesIn(status, 'IPv4'), ['127.64.0.7']);
  assert.deepEqual(addressesIn(status, 'IPv6'), ['fd00::1']);
  assert.deepEqual(addressesIn({ podIP: '10.1.1.1' }), ['10.1.1.1']);
});

test('a Service’s families are told, or guessed by its address', () => {
  assert.deepEqual(addressTypesOf(serviceWith({ ipFamilies: ['IPv6'] })), ['IPv6']);
  assert.deepEqual(addressTypesOf(serviceWith({})), ['IPv4']);
  assert.deepEqual(addressTypesOf(serviceWith({ clusterIP: 'fd00::9' })), ['IPv6']);
  assert.deepEqual(addressTypesOf(serviceWith({ clusterIP: 'None' })), ['IPv4', 'IPv6']);
});

// Upstream: TestReconcileHints_trafficDistribution.
for (const { wish, expect } of [
  { wish: undefined, expect: undefined },
  { wish: 'PreferClose', expect: { forZones: [{ name: 'z' }] } },
  { wish: 'PreferSameZone', expect: { forZones: [{ name: 'z' }] } },
  { wish: 'PreferSameNode', expect: { forZones: [{ name: 'z' }], forNodes: [{ name: 'node-1' }] } },
])
  test(`trafficDistribution ${wish ?? 'absent'} gives hints ${JSON.stringify(expect)} to ready endpoints only`, () => {
    const metadata = {
      name: 'node-1',
      uid: '',
      resourceVersion: '1',
      creationTimestamp: '',
      labels: { 'topology.kubernetes.io/zone': 'z' },
    };
    const node = { metadata, spec: {}, status: {} } as unknown as Parameters<typeof endpointOf>[2];
    const service = serviceWith(wish === undefined ? {} : { trafficDistribution: wish });
    assert.deepEqual(endpointOf(podWith({}), service, node, 'IPv4').hints, expect);
    assert.equal(endpointOf(podWith({}), service, node, 'IPv4').zone, 'z');
    assert.equal(endpointOf(podWith({ ready: false }), service, node, 'IPv4').hints, undefined);
  });
