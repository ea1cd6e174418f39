import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isJsonObject, type JsonObject, type JsonValue } from '../schema/json-value.ts';
import { buildDocument } from './document.ts';
import { OpenApiV3 } from './openapi-v3.ts';
import type { ServedGroupVersion, ServedResource } from './served.ts';

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const status = { name: 'status', verbs: ['get', 'patch', 'update'] };
const resource = (name: string, kind: string, more: Partial<ServedResource> = {}): ServedResource => ({
  resource: name,
  kind,
  namespaced: true,
  verbs,
  subresources: [status],
  ...more,
});

const core: ServedGroupVersion = {
  group: '',
  version: 'v1',
  resources: [
    resource('pods', 'Pod', {
      subresources: [
        status,
        { name: 'log', verbs: ['get'], isText: true },
        { name: 'exec', verbs: ['connect'] },
        { name: 'eviction', kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
      ],
    }),
    resource('namespaces', 'Namespace', { namespaced: false }),
    resource('nodes', 'Node', { namespaced: false }),
    resource('services', 'Service'),
    resource('endpoints', 'Endpoints', { subresources: [] }),
    resource('configmaps', 'ConfigMap', { subresources: [] }),
    resource('secrets', 'Secret', { subresources: [] }),
    resource('serviceaccounts', 'ServiceAccount', { subresources: [] }),
    resource('events', 'Event', { subresources: [] }),
  ],
};
const apps: ServedGroupVersion = {
  group: 'apps',
  version: 'v1',
  resources: [
    resource('deployments', 'Deployment', {
      subresources: [
        status,
        {
          name: 'scale',
          kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
          verbs: ['get', 'patch', 'update'],
        },
      ],
    }),
    resource('replicasets', 'ReplicaSet'),
  ],
};
const others: readonly ServedGroupVersion[] = [
  { group: 'autoscaling', version: 'v2', resources: [resource('horizontalpodautoscalers', 'HorizontalPodAutoscaler')] },
  { group: 'policy', version: 'v1', resources: [resource('poddisruptionbudgets', 'PodDisruptionBudget')] },
  { group: 'discovery.k8s.io', version: 'v1', resources: [resource('endpointslices', 'EndpointSlice')] },
  { group: 'coordination.k8s.io', version: 'v1', resources: [resource('leases', 'Lease')] },
  { group: 'events.k8s.io', version: 'v1', resources: [resource('events', 'Event')] },
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    resources: [resource('customresourcedefinitions', 'CustomResourceDefinition', { namespaced: false })],
  },
];
const custom: ServedGroupVersion = {
  group: 'example.com',
  version: 'v1alpha1',
  resources: [
    resource('widgets', 'Widget', {
      schema: {
        type: 'object',
        description: 'A thing.',
        properties: {
          spec: {
            type: 'object',
            required: ['size'],
            properties: {
              size: { type: 'integer', default: 1 },
              template: {
                type: 'object',
                'x-kubernetes-embedded-resource': true,
                properties: { spec: { type: 'object' } },
              },
              items: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'atomic' },
            },
          },
        },
      },
    }),
  ],
};

const at = (value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined =>
  path.reduce<JsonValue | undefined>((inner, key) => (isJsonObject(inner) ? inner[key] : undefined), value);
const schemasOf = (document: JsonObject): JsonObject => at(document, 'components', 'schemas') as JsonObject;

/** The published schemas know no enums, which are a feature gate of the real server. */
function comparable(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(comparable);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).filter((key) => !(key === 'enum' && Array.isArray(value[key])));
  return Object.fromEntries(keys.toSorted().map((key) => [key, comparable(value[key] ?? null)]));
}

test('components are those that the real API server publishes', () => {
  const golden = JSON.parse(readFileSync(new URL('./testdata/components.json', import.meta.url), 'utf8')) as {
    model: string;
    digest: string;
  }[];
  const digests = new Map(golden.map(({ model, digest }) => [model, digest]));
  let compared = 0;
  for (const gv of [core, apps, ...others])
    for (const [model, schema] of Object.entries(schemasOf(buildDocument(gv)))) {
      const { 'x-kubernetes-group-version-kind': kinds, ...rest } = schema as JsonObject;
      const shape = model.includes('.meta.v1.') || kinds === undefined ? rest : (schema as JsonObject);
      const text = JSON.stringify(comparable(shape));
      assert.equal(
        createHash('sha256').update(text).digest('hex').slice(0, 12),
        digests.get(model),
        `${model}: ${text}`,
      );
      compared++;
    }
  assert.ok(compared > 400);
});

test('every reference leads somewhere', () => {
  for (const gv of [core, apps, custom, ...others]) {
    const text = JSON.stringify(buildDocument(gv));
    const schemas = schemasOf(JSON.parse(text) as JsonObject);
    for (const [, model = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
      assert.ok(model in schemas, model);
  }
});

test('kubectl finds server-side validation and strategic merge on PATCH of built-in kinds', () => {
  const patch = at(buildDocument(apps), 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}', 'patch');
  assert.deepEqual(at(patch, 'x-kubernetes-group-version-kind'), { group: 'apps', kind: 'Deployment', version: 'v1' });
  assert.match(JSON.stringify(at(patch, 'parameters')), /"name":"fieldValidation"/);
  assert.ok(
    Object.keys(at(patch, 'requestBody', 'content') as JsonObject).includes('application/strategic-merge-patch+json'),
  );
  const template = at(schemasOf(buildDocument(apps)), 'io.k8s.api.core.v1.PodSpec', 'properties', 'containers');
  assert.equal(at(template, 'x-kubernetes-patch-merge-key'), 'name');
  assert.equal(at(template, 'x-kubernetes-patch-strategy'), 'merge');
});

test('subresources speak of their own kinds', () => {
  const paths = at(buildDocument(apps), 'paths');
  const scale = at(paths, '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale', 'put');
  assert.deepEqual(at(scale, 'x-kubernetes-group-version-kind'), {
    group: 'autoscaling',
    kind: 'Scale',
    version: 'v1',
  });
  assert.equal(at(scale, 'operationId'), 'replaceAppsV1NamespacedDeploymentScale');
  const pod = '/api/v1/namespaces/{namespace}/pods/{name}';
  const corePaths = at(buildDocument(core), 'paths');
  assert.equal(at(corePaths, `${pod}/eviction`, 'post', 'operationId'), 'createCoreV1NamespacedPodEviction');
  assert.equal(at(corePaths, `${pod}/exec`, 'get', 'x-kubernetes-action'), 'connect');
  assert.deepEqual(at(corePaths, `${pod}/log`, 'get', 'responses', '200', 'content', 'text/plain'), {
    schema: { type: 'string' },
  });
});

test('custom kinds keep their schema, become resources, and take no strategic merge', () => {
  const document = buildDocument(custom);
  const widget = schemasOf(document)['com.example.v1alpha1.Widget'] as JsonObject;
  assert.equal(widget['description'], 'A thing.');
  assert.deepEqual(Object.keys(widget['properties'] as JsonObject), ['apiVersion', 'kind', 'spec', 'metadata']);
  assert.deepEqual(widget['x-kubernetes-group-version-kind'], [
    { group: 'example.com', kind: 'Widget', version: 'v1alpha1' },
  ]);
  assert.deepEqual(at(widget, 'properties', 'spec', 'properties', 'size'), { type: 'integer', default: 1 });
  assert.ok(at(widget, 'properties', 'spec', 'properties', 'template', 'properties', 'metadata') !== undefined);
  const patch = at(document, 'paths', '/apis/example.com/v1alpha1/namespaces/{namespace}/widgets/{name}', 'patch');
  assert.equal(at(patch, 'operationId'), 'patchExampleComV1alpha1NamespacedWidget');
  assert.deepEqual(Object.keys(at(patch, 'requestBody', 'content') as JsonObject), [
    'application/apply-patch+yaml',
    'application/json-patch+json',
    'application/merge-patch+json',
  ]);
});

test('documents are built once, and their hash follows their text', () => {
  const openApi = new OpenApiV3();
  assert.equal(openApi.document(apps), openApi.document(apps));
  const index = JSON.parse(openApi.index([core, apps, custom])) as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  assert.deepEqual(Object.keys(index.paths), ['api/v1', 'apis/apps/v1', 'apis/example.com/v1alpha1']);
  assert.equal(
    index.paths['apis/apps/v1']?.serverRelativeURL,
    `/openapi/v3/apis/apps/v1?hash=${openApi.document(apps).hash}`,
  );
  const fewer = { ...apps, resources: apps.resources.slice(1) };
  assert.notEqual(openApi.document(fewer).hash, openApi.document(apps).hash);
  assert.equal(openApi.document({ ...apps }).hash, openApi.document(apps).hash);
});
