import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice } from '../api/schema/discovery-v1.ts';
import { type Inference, inferenceLabel } from '../api/slipway/v1alpha1/inference.ts';
import { routingTable } from './routing-table.ts';

interface Shape {
  readonly namespace?: string;
  readonly createdAt?: string;
  readonly modelName?: string;
  readonly spec?: Partial<Inference['spec']>;
  readonly status?: Inference['status'];
  readonly deleting?: boolean;
}

const inference = (
  name: string,
  {
    namespace = 'default',
    createdAt = '2026-01-01T00:00:00Z',
    modelName,
    spec = {},
    status,
    deleting = false,
  }: Shape = {},
): Inference => ({
  metadata: {
    name,
    namespace,
    uid: `${namespace}-${name}`,
    resourceVersion: '1',
    creationTimestamp: createdAt,
    ...(deleting ? { deletionTimestamp: createdAt } : {}),
  },
  spec: {
    model: 'builtin://tiny-chat',
    modelName,
    runtime: 'auto',
    replicas: { min: 1, max: 3 },
    target: { concurrency: 4 },
    idle: { after: '10m', action: 'none' },
    cold: { hold: '2m', maxHeld: 100 },
    drain: '60s',
    ...spec,
  },
  status,
});

type Endpoint = EndpointSlice['endpoints'][number];

const endpoint = (
  pod: string,
  conditions: Endpoint['conditions'] = { ready: true },
  address = `10.0.0.${pod.length}`,
): Endpoint => ({
  addresses: [address],
  conditions,
  targetRef: { kind: 'Pod', name: pod },
});

const slice = (
  service: string,
  endpoints: readonly Endpoint[],
  { namespace = 'default', ports = [{ name: 'http', port: 8000 }], labels = {} as Record<string, string> } = {},
): EndpointSlice => ({
  metadata: {
    name: `${service}-x`,
    namespace,
    uid: '',
    resourceVersion: '1',
    creationTimestamp: '',
    labels: { 'kubernetes.io/service-name': service, ...labels },
  },
  addressType: 'IPv4',
  endpoints,
  ports,
});

const only = (inferences: readonly Inference[], slices: readonly EndpointSlice[] = []) =>
  routingTable(inferences, slices).routes[0]!;

test('a model is found by its own name and always by namespace and name', () => {
  const { byModel } = routingTable([inference('chat', { modelName: 'Tiny/Chat:1' })], []);
  assert.deepEqual([...byModel.keys()].toSorted(), ['Tiny/Chat:1', 'default/chat']);
});

test('of two that want a name the older keeps it, whatever the order they are heard of', () => {
  const older = inference('chat', { createdAt: '2026-01-01T00:00:00Z' });
  const newer = inference('chat', { namespace: 'other', createdAt: '2026-01-02T00:00:00Z' });
  for (const order of [
    [older, newer],
    [newer, older],
  ]) {
    const { byModel } = routingTable(order, []);
    assert.equal(byModel.get('chat')?.namespace, 'default');
    assert.equal(byModel.get('other/chat')?.namespace, 'other');
  }
  const same = routingTable([inference('b', { modelName: 'm' }), inference('a', { modelName: 'm' })], []);
  assert.equal(same.byModel.get('m')?.inference, 'a', 'made in one second, the name decides');
});

test("nobody takes another's full name", () => {
  const thief = inference('thief', { modelName: 'default/chat', createdAt: '2025-01-01T00:00:00Z' });
  const { byModel } = routingTable([thief, inference('chat')], []);
  assert.equal(byModel.get('default/chat')?.inference, 'chat');
});

test('what is being deleted is not served', () => {
  assert.equal(routingTable([inference('chat', { deleting: true })], []).routes.length, 0);
});

test('endpoints are what their slices say of them', async (t) => {
  const rows: readonly (readonly [what: string, conditions: Endpoint['conditions'], state: string])[] = [
    ['ready', { ready: true, serving: true, terminating: false }, 'ready'],
    ['nothing said is ready', {}, 'ready'],
    ['not ready', { ready: false }, 'unready'],
    ['ending though it serves', { ready: false, serving: true, terminating: true }, 'terminating'],
    ['ending and ready, as with publishNotReadyAddresses', { ready: true, terminating: true }, 'terminating'],
  ];
  for (const [what, conditions, state] of rows) {
    await t.test(what, () => {
      const { endpoints } = only([inference('chat')], [slice('chat', [endpoint('a', conditions)])]);
      assert.deepEqual(
        endpoints.map((one) => one.state),
        [state],
      );
    });
  }
});

test('only slices of its own Service count', () => {
  const route = only(
    [inference('chat')],
    [
      slice('chat', [endpoint('a')]),
      slice('chat', [endpoint('b')], { namespace: 'other' }),
      slice('embed', [endpoint('c')]),
      slice('chat', [endpoint('d')], { labels: { [inferenceLabel]: 'somebody-else' } }),
      { ...slice('chat', [endpoint('e')]), metadata: { ...slice('chat', []).metadata, labels: {} } },
    ],
  );
  assert.deepEqual(
    route.endpoints.map(({ pod }) => pod),
    ['a'],
  );
});

test('the port is the one named http, else the first; without ports there is nobody', () => {
  const portOf = (ports: { name?: string; port?: number }[]) =>
    only([inference('chat')], [slice('chat', [endpoint('a')], { ports: ports as { name: string; port: number }[] })])
      .endpoints[0]?.port;
  assert.equal(
    portOf([
      { name: 'metrics', port: 9000 },
      { name: 'http', port: 8000 },
    ]),
    8000,
  );
  assert.equal(portOf([{ name: 'x', port: 9000 }]), 9000);
  assert.equal(portOf([]), undefined);
});

test('an endpoint in two slices is one, and ready if either says so', () => {
  const { endpoints } = only(
    [inference('chat')],
    [
      slice('chat', [endpoint('a', { ready: false })]),
      slice('chat', [endpoint('a')]),
      slice('chat', [endpoint('a', { ready: false })]),
    ],
  );
  assert.deepEqual(
    endpoints.map(({ pod, state }) => [pod, state]),
    [['a', 'ready']],
  );
});

test('a pod at a new address is another endpoint', () => {
  const keyAt = (address: string) =>
    only([inference('chat')], [slice('chat', [endpoint('a', {}, address)])]).endpoints[0]?.key;
  assert.notEqual(keyAt('10.0.0.1'), keyAt('10.0.0.2'));
});

test("patience, phase and last start are the Inference's", () => {
  const route = only([
    inference('chat', {
      spec: { cold: { hold: '90s', maxHeld: 7 }, idle: { after: '1m', action: 'zero' } },
      status: { phase: 'Loading', coldStart: { totalMs: 4_200, phases: {} } },
    }),
  ]);
  assert.deepEqual(
    [route.holdMs, route.maxHeld, route.phase, route.coldStartMs, route.noteEveryMs],
    [90_000, 7, 'Loading', 4_200, 15_000],
  );
  const fresh = only([inference('chat')]);
  assert.deepEqual([fresh.phase, fresh.coldStartMs, fresh.noteEveryMs], ['Pending', undefined, undefined]);
});

test('how often requests are noted lies between a second and half a minute', () => {
  const every = (after: string) => only([inference('chat', { spec: { idle: { after, action: 'zero' } } })]).noteEveryMs;
  assert.deepEqual([every('1s'), every('20s'), every('24h')], [1_000, 5_000, 30_000]);
});
