import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '../../api/schema/core-v1.ts';
import type { AggregatedApi } from '../../apiserver/backends.ts';
import { ObjectCache } from '../../machinery/object-cache.ts';
import { MetricsApi } from './metrics-api.ts';
import { UsageStore } from './usage-store.ts';

const now = Date.parse('2026-01-01T12:00:30.500Z');
const root = '/apis/metrics.k8s.io/v1beta1';

const meta = (name: string, namespace?: string, labels?: Record<string, string>) => ({
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...(namespace === undefined ? {} : { namespace }),
  ...(labels === undefined ? {} : { labels }),
});

function api(): MetricsApi {
  const pods = new ObjectCache<Pod>();
  const nodes = new ObjectCache<Node>();
  const usage = new UsageStore({ resolutionMs: 15_000 });
  pods.set({ metadata: meta('chat', 'default', { app: 'chat' }), spec: { containers: [] }, status: {} });
  pods.set({ metadata: meta('embed', 'default', { app: 'embed' }), spec: { containers: [] }, status: {} });
  pods.set({ metadata: meta('young', 'other'), spec: { containers: [] }, status: {} });
  nodes.set({ metadata: meta('node-1'), spec: {}, status: {} } as Node);
  for (const [at, cpu] of [
    [now - 15_000, 0],
    [now, 1_851_851_835],
  ] as const) {
    const point = { startedAt: now - 3_600_000, timestamp: at, cpuNanoseconds: cpu, memoryBytes: 256 * 1024 * 1024 };
    usage.store({
      nodes: new Map([['node-1', point]]),
      pods: new Map([
        [
          'default/chat',
          new Map([
            ['server', point],
            ['proxy', { ...point, memoryBytes: 1_000 }],
          ]),
        ],
        ['default/embed', new Map([['server', point]])],
      ]),
    });
  }
  return new MetricsApi({ usage, pods, nodes, clock: { now: () => now, after: () => ({ cancel() {} }) } });
}

/** What the tests look at, of objects, lists, tables and errors alike. */
interface Answer {
  readonly kind: string;
  readonly message: string;
  readonly usage: object;
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
  readonly columnDefinitions: readonly { readonly name: string }[];
  readonly rows: readonly {
    readonly cells: readonly string[];
    readonly object: { readonly metadata: { readonly namespace: string } };
  }[];
}

async function get(path: string, { query = '', accept = 'application/json', method = 'GET' } = {}) {
  const { status, body } = await api().handle({
    method,
    path: `${root}/${path}`,
    query: new URLSearchParams(query),
    headers: { accept },
  });
  return { status, body: JSON.parse(body) as Answer };
}

test('it is an aggregated API of the API server', () => {
  const aggregated: AggregatedApi = api();
  assert.deepEqual(
    aggregated.resources.map(({ resource }) => resource),
    ['nodes', 'pods'],
  );
});

test('the usage of one pod has its containers, window and labels', async () => {
  const { status, body } = await get('namespaces/default/pods/chat');
  assert.equal(status, 200);
  assert.deepEqual(body, {
    kind: 'PodMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: {
      name: 'chat',
      namespace: 'default',
      creationTimestamp: '2026-01-01T12:00:30Z',
      labels: { app: 'chat' },
    },
    timestamp: '2026-01-01T12:00:30Z',
    window: '15s',
    containers: [
      { name: 'server', usage: { cpu: '123456789n', memory: '256Mi' } },
      { name: 'proxy', usage: { cpu: '123456789n', memory: '1k' } },
    ],
  });
});

test('lists are of a namespace or of all, in order, and can be selected', async () => {
  const names = async (path: string, query = '') => {
    const { status, body } = await get(path, { query });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.kind, 'PodMetricsList');
    return body.items.map((item) => item.metadata.name);
  };
  assert.deepEqual(await names('pods'), ['chat', 'embed']);
  assert.deepEqual(await names('namespaces/default/pods'), ['chat', 'embed']);
  assert.deepEqual(await names('namespaces/other/pods'), [], 'a pod without a rate is left out');
  assert.deepEqual(await names('pods', 'labelSelector=app%3Dchat'), ['chat']);
  assert.deepEqual(await names('pods', 'labelSelector=app in (embed, x)'), ['embed']);
  assert.deepEqual(await names('pods', 'fieldSelector=metadata.name=embed'), ['embed']);
});

test('nodes are served without a namespace', async () => {
  const { body } = await get('nodes/node-1');
  assert.deepEqual(body.usage, { cpu: '123456789n', memory: '256Mi' });
  assert.equal((await get('nodes')).body.kind, 'NodeMetricsList');
  assert.equal((await get('namespaces/default/nodes')).status, 404);
});

test('kubectl get has a table of sums', async () => {
  const { body } = await get('namespaces/default/pods', {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  });
  assert.deepEqual(
    body.columnDefinitions.map(({ name }) => name),
    ['Name', 'cpu', 'memory', 'Window'],
  );
  assert.deepEqual(body.rows[0]?.cells, ['chat', '246913578n', '268436456', '15s']);
  assert.equal(body.rows[0]?.object.metadata.namespace, 'default');
});

test('what is not there, not measured or not allowed has its error', async (t) => {
  const rows: readonly (readonly [
    path: string,
    options: { query?: string; method?: string },
    status: number,
    message: string,
  ])[] = [
    ['namespaces/default/pods/nobody', {}, 404, 'pods "nobody" not found'],
    ['namespaces/other/pods/young', {}, 404, 'pods.metrics.k8s.io "other/young" not found'],
    ['nodes/nobody', {}, 404, 'nodes "nobody" not found'],
    ['pods/chat', {}, 404, 'the server could not find the requested resource'],
    ['services', {}, 404, 'the server could not find the requested resource'],
    ['pods', { method: 'DELETE' }, 405, 'the server does not allow this method on the requested resource'],
    ['pods', { query: 'fieldSelector=spec.nodeName=a' }, 400, 'field label not supported: spec.nodeName'],
  ];
  for (const [path, options, status, message] of rows) {
    await t.test(`${options.method ?? 'GET'} ${path} ${options.query ?? ''}`, async () => {
      const answered = await get(path, options);
      assert.equal(answered.status, status);
      assert.deepEqual([answered.body.kind, answered.body.message], ['Status', message]);
    });
  }
  assert.equal((await get('pods', { query: 'labelSelector=((' })).status, 400);
});
