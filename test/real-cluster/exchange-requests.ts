/** A request whose answer by the real API server is on record. `$rv`, `$uid`, `$continue` are of the answer before it. */
export interface ExchangeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const json = (type: string): Record<string, string> => ({ 'content-type': `application/${type}` });
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
const partial = (list: string): Record<string, string> => ({
  accept: `application/json;as=PartialObjectMetadata${list};v=v1;g=meta.k8s.io`,
});

const get = (path: string, headers: Record<string, string> = {}): ExchangeRequest => ({ method: 'GET', path, headers });
const post = (path: string, body: unknown, headers: Record<string, string> = {}): ExchangeRequest => ({
  method: 'POST',
  path,
  body,
  headers,
});
const put = (path: string, body: unknown): ExchangeRequest => ({ method: 'PUT', path, body });
const patch = (path: string, type: string, body: unknown): ExchangeRequest => ({
  method: 'PATCH',
  path,
  body,
  headers: json(type),
});
const remove = (path: string, body?: unknown): ExchangeRequest => ({
  method: 'DELETE',
  path,
  ...(body === undefined ? {} : { body }),
});

const merge = 'merge-patch+json';
const strategic = 'strategic-merge-patch+json';
const operations = 'json-patch+json';

const namespace = '/api/v1/namespaces/play';
const maps = `${namespace}/configmaps`;
const pods = `${namespace}/pods`;
const deployments = '/apis/apps/v1/namespaces/play/deployments';
const budgets = '/apis/policy/v1/namespaces/play/poddisruptionbudgets';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const widgets = '/apis/example.com/v1/namespaces/play/widgets';

const map = (name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data: { a: 'b' },
});
const pod = (name: string, spec: object = {}, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: {
    automountServiceAccountToken: false,
    tolerations: [],
    containers: [{ name: 'main', image: 'slipway/sim' }],
    ...spec,
  },
});
const deployment = (name: string): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'slipway/sim', env: [{ name: 'A', value: 'b' }] }] },
    },
  },
});
const schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['colour'],
      properties: {
        colour: { type: 'string', enum: ['red', 'blue'], maxLength: 5 },
        size: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
        port: { 'x-kubernetes-int-or-string': true },
        when: { type: 'string', format: 'date-time' },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' }, maxItems: 3 },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port'],
          items: { type: 'object', required: ['port'], properties: { port: { type: 'integer', format: 'int32' } } },
        },
        either: {
          type: 'object',
          properties: { a: { type: 'string' }, b: { type: 'string' } },
          oneOf: [{ required: ['a'] }, { required: ['b'] }],
        },
        any: { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 2 },
        raw: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        name: { type: 'string', pattern: '^[a-z]+$', minLength: 2 },
        half: { type: 'number', multipleOf: 0.5 },
      },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' }, phase: { type: 'string' } } },
  },
};
const definition = (version: object = {}, spec: object = {}): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas' } },
        selectableFields: [{ jsonPath: '.spec.colour' }],
        additionalPrinterColumns: [
          { name: 'Colour', type: 'string', jsonPath: '.spec.colour' },
          { name: 'Size', type: 'integer', jsonPath: '.spec.size', priority: 1 },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        ...version,
      },
    ],
    ...spec,
  },
});
const widget = (name: string, spec: object, more: object = {}): object => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
  ...more,
});

/** In this order, on an empty cluster without controllers, in a namespace `play` that has a ServiceAccount `default`. */
export const exchangeRequests: readonly ExchangeRequest[] = [
  get('/api'),
  get('/apis/nothing'),
  get('/api/v1/nothing'),
  get('/nothing'),
  get('/api/v1/namespaces/play'),
  post(maps, map('a', { labels: { app: 'x' } })),
  get(`${maps}/a`),
  post(maps, map('a')),
  post(maps, map('UPPER', { labels: { 'a b': 'c', ok: '-bad-' } })),
  post(maps, map('a', { namespace: 'other' })),
  post(maps, map('rv', { resourceVersion: '1' })),
  post(maps, { ...map('x'), kind: 'Secret' }),
  post(maps, { ...map('x'), apiVersion: 'v2' }),
  post(maps, { ...map('strict'), dota: {} }),
  post(`${maps}?fieldValidation=Strict`, { ...map('strict2', { nam: 1 }), dota: {} }),
  post(`${maps}?fieldValidation=Sometimes`, map('x')),
  post(`${maps}?dryRun=Some`, map('x')),
  post(`${maps}?dryRun=All`, map('dry')),
  get(`${maps}/dry`),
  post(maps, { metadata: { name: 7 } }),
  post(maps, { metadata: {} }),
  post(maps, [1]),
  post('/api/v1/namespaces/missing/configmaps', map('x')),
  get(`${maps}?labelSelector=app%3Dx`),
  get(`${maps}?labelSelector=app%3D%3D%3Dx`),
  get(`${maps}?fieldSelector=spec.x%3D1`),
  get(`${pods}?fieldSelector=spec.x%3D1`),
  get(`${maps}?fieldSelector=metadata.name%3Da`),
  get(`${maps}?limit=x`),
  get(`${maps}?resourceVersion=x`),
  get(`${maps}?resourceVersionMatch=Exact`),
  get(`${maps}?resourceVersionMatch=Sometimes&resourceVersion=1`),
  get(`${maps}?sendInitialEvents=true`),
  get(`${maps}?watch=true&sendInitialEvents=true`),
  get(`${maps}?continue=x`),
  get(`${maps}?labelSelector=app`, partial('List')),
  get(`${maps}/a`, partial('')),
  get(maps, partial('')),
  get(maps, { accept: 'text/html' }),
  get(`${maps}?labelSelector=app`, table),
  patch(`${maps}/a`, merge, { data: { x: 'y' } }),
  patch(`${maps}/a`, operations, [{ op: 'add', path: '/data/z', value: '1' }]),
  patch(`${maps}/a`, operations, [{ op: 'test', path: '/data/z', value: '2' }]),
  patch(`${maps}/a`, operations, { op: 'add' }),
  patch(`${maps}/a`, 'nothing+json', {}),
  patch(`${maps}/a`, merge, { metadata: { name: 'b' } }),
  patch(`${maps}/a`, merge, { metadata: { resourceVersion: '1' } }),
  patch(`${maps}/a`, merge, { metadata: { uid: 'x' } }),
  patch(`${maps}/missing`, merge, {}),
  put(`${maps}/a`, { ...map('a'), data: { put: 'yes' } }),
  put(`${maps}/a`, map('b')),
  put(`${maps}/a`, map('a', { resourceVersion: '1' })),
  put(`${maps}/a`, map('a', { uid: 'x' })),
  patch(`${maps}/a`, merge, { metadata: { finalizers: ['bad finalizer', 'example.com/hold'] } }),
  patch(`${maps}/a`, merge, { metadata: { finalizers: ['example.com/hold'] } }),
  patch(`${maps}/a`, merge, { metadata: { ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }] } }),
  remove(`${maps}/a`, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'x' } }),
  remove(`${maps}/a`, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { resourceVersion: '1' } }),
  remove(`${maps}/a`, { propagationPolicy: 'Sometimes' }),
  remove(`${maps}/a`, { propagationPolicy: 'Orphan', orphanDependents: true }),
  remove(`${maps}/a`),
  patch(`${maps}/a`, merge, { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } }),
  patch(`${maps}/a`, merge, { metadata: { finalizers: null } }),
  get(`${maps}/a`),
  remove(`${maps}/a`),
  post(maps, map('c1', { labels: { page: 'yes' } })),
  post(maps, map('c2', { labels: { page: 'yes' } })),
  post(maps, map('c3', { labels: { page: 'yes' } })),
  get(`${maps}?labelSelector=page&limit=2`),
  get(`${maps}?labelSelector=page&limit=2&continue=$continue`),
  remove(`${maps}?labelSelector=page`),
  { method: 'PUT', path: maps, body: map('x') },
  { method: 'POST', path: `${maps}/x`, body: map('x') },
  { method: 'PATCH', path: maps, body: {}, headers: json(merge) },

  post(pods, pod('p')),
  get(`${pods}/p`, table),
  post(pods, pod('q', { containers: [] })),
  post(pods, pod('q', { containers: [{ name: 'A_b', image: '' }], restartPolicy: 'Sometimes' })),
  patch(`${pods}/p`, strategic, { spec: { containers: [{ name: 'main', image: 'slipway/llm' }] } }),
  patch(`${pods}/p`, strategic, { spec: { restartPolicy: 'Never' } }),
  patch(`${pods}/p`, merge, { spec: { containers: [{ name: 'main', image: 'x', foo: 1 }] } }),
  post(`${pods}/p/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'p' },
    target: { kind: 'Pod', name: '' },
  }),
  post(`${pods}/p/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'p' },
    target: { kind: 'Node', name: 'n1' },
  }),
  get(`${pods}/p`),
  post(`${pods}/p/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'p' },
    target: { kind: 'Node', name: 'n2' },
  }),
  patch(`${pods}/p/status`, merge, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }),
  get(`${pods}/p/log?container=x`),
  get(`${pods}/p/log?tailLines=-1`),
  post(budgets, { metadata: { name: 'all' }, spec: { minAvailable: 1, selector: {} } }),
  post(`${pods}/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } }),
  patch(`${budgets}/all/status`, merge, {
    status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  }),
  post(`${pods}/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } }),
  patch(`${budgets}/all/status`, merge, { status: { disruptionsAllowed: 1, currentHealthy: 2 } }),
  post(`${pods}/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } }),
  get(`${pods}/p`),
  get(`${budgets}/all`),
  remove(`${pods}/p`, { gracePeriodSeconds: 60 }),
  remove(`${pods}/p`, { gracePeriodSeconds: 0 }),
  post(pods, pod('unscheduled')),
  remove(`${pods}/unscheduled`),

  post(deployments, deployment('web')),
  get(`${deployments}/web/scale`),
  patch(`${deployments}/web/scale`, merge, { spec: { replicas: 5 } }),
  put(`${deployments}/web/scale`, {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'web' },
    spec: { replicas: -1 },
  }),
  put(`${deployments}/web/scale`, {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'web' },
    spec: { replicas: 0 },
  }),
  get(`${deployments}/web/status`),
  patch(`${deployments}/web/status`, merge, { status: { replicas: 2, observedGeneration: 3 }, spec: { replicas: 9 } }),
  patch(`${deployments}/web`, strategic, {
    spec: {
      template: {
        spec: {
          containers: [
            { name: 'side', image: 'slipway/sim' },
            {
              name: 'main',
              env: [
                { name: 'A', $patch: 'delete' },
                { name: 'B', value: 'c' },
              ],
            },
          ],
        },
      },
    },
  }),
  patch(`${deployments}/web`, merge, { spec: { selector: { matchLabels: { app: 'other' } } } }),
  get(deployments, table),
  remove(`${deployments}/web`, { propagationPolicy: 'Foreground' }),
  remove(`${deployments}/web`, { propagationPolicy: 'Orphan' }),

  post('/api/v1/namespaces', { metadata: { name: 'dying' } }),
  remove('/api/v1/namespaces/dying'),
  post('/api/v1/namespaces/dying/configmaps', map('late')),
  put('/api/v1/namespaces/dying/finalize', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'dying' },
    spec: { finalizers: [] },
  }),
  get('/api/v1/namespaces/dying'),
  remove('/api/v1/namespaces/default'),

  post(`${namespace}/events`, {
    metadata: { name: 'e', namespace: 'play' },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'play' },
    reason: 'Started',
    message: 'hello',
    type: 'Normal',
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 2,
    source: { component: 'kubelet', host: 'n1' },
  }),
  get('/apis/events.k8s.io/v1/namespaces/play/events/e'),
  get(`${namespace}/events?fieldSelector=involvedObject.name%3Dp%2Creason%3DStarted`),

  post(definitions, definition({ schema: undefined })),
  post(definitions, definition({}, { scope: 'Galaxy', group: 'nodots' })),
  post(definitions, definition()),
  get(`${definitions}/widgets.example.com`),
  get('/apis/example.com/v1'),
  post(widgets, widget('w', { colour: 'red', unknown: 1 })),
  get(`${widgets}/w`),
  get(widgets),
  get(widgets, table),
  get(`${widgets}?fieldSelector=spec.colour%3Dred`, partial('List')),
  get(`${widgets}?fieldSelector=spec.size%3D3`),
  post(`${widgets}?fieldValidation=Strict`, widget('s', { colour: 'red', unknown: 1 })),
  ...[
    {},
    { colour: 'purple' },
    { colour: 7 },
    { colour: 'red', size: 10 },
    { colour: 'red', size: 1.5 },
    { colour: 'red', size: 'big' },
    { colour: 'red', port: true },
    { colour: 'red', when: 'yesterday' },
    { colour: 'red', tags: ['a', 'a'] },
    { colour: 'red', tags: ['a', 'b', 'c', 'd'] },
    { colour: 'red', ports: [{ port: 1 }, { port: 1 }] },
    { colour: 'red', ports: [{ port: 4294967296 }] },
    { colour: 'red', ports: [{}] },
    { colour: 'red', either: {} },
    { colour: 'red', either: { a: 'x', b: 'y' } },
    { colour: 'red', any: { a: 1 } },
    { colour: 'red', any: { a: 'x', b: 'y', c: 'z' } },
    { colour: 'red', name: 'A' },
    { colour: 'red', name: 'a' },
    { colour: 'red', half: 0.3 },
    { colour: null },
    'text',
  ].map((spec) => post(widgets, widget('bad', spec as object))),
  post(widgets, { apiVersion: 'example.com/v1', metadata: { name: 'x' }, spec: { colour: 'red' } }),
  post(widgets, { kind: 'Gadget', apiVersion: 'example.com/v1', metadata: { name: 'x' }, spec: { colour: 'red' } }),
  post(widgets, widget('raw', { colour: 'blue', raw: { x: { y: 1 } }, size: null })),
  patch(`${widgets}/w/status`, merge, { status: { phase: 'Ready', replicas: 2, other: 1 }, spec: { colour: 'blue' } }),
  patch(`${widgets}/w/status`, merge, { status: { replicas: 'two' } }),
  get(`${widgets}/w/scale`),
  patch(`${widgets}/w/scale`, merge, { spec: { replicas: 5 } }),
  patch(`${widgets}/w`, merge, { spec: { size: 5 } }),
  patch(`${widgets}/w`, strategic, {}),
  put(`${widgets}/w`, widget('w', { colour: 'red' })),
  remove(`${widgets}/w`),
  remove(`${definitions}/widgets.example.com`),
];
