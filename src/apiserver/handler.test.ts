import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { badRequest } from '../api/error.ts';
import { builtInKinds } from '../api/kinds.ts';
import { pods } from '../api/resources.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import { seededRandom } from '../std/random.ts';
import { VirtualClock } from '../std/virtual-clock.ts';
import { ApiServer } from './api-server.ts';
import type { PodLogs } from './backends.ts';
import type { ApiRequest, UserInfo } from './exchange.ts';
import { memoryJournal } from './journal.ts';

const admin: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // eslint-disable-next-line typescript/no-explicit-any -- answers are looked into at every depth
  readonly json: any;
}

class Cluster {
  readonly clock = new VirtualClock({
    startMs: Date.parse('2026-01-01T00:00:00Z'),
    drain: () => new Promise((resolve) => setImmediate(resolve)),
  });
  readonly bugs: unknown[] = [];
  readonly api: ApiServer;

  constructor(podLogs?: PodLogs) {
    const bug = (_message: string, fields?: { readonly error?: unknown }): void => void this.bugs.push(fields?.error);
    const log = { info() {}, warn() {}, error: bug, with: () => log };
    this.api = new ApiServer({
      clock: this.clock,
      random: seededRandom(1),
      journal: memoryJournal(),
      kinds: builtInKinds,
      version: '0.1.0',
      podLogs,
      log,
    });
  }

  async start(): Promise<this> {
    await this.api.start();
    return this;
  }

  request(method: string, url: string, { body, headers = {}, user = admin, signal }: Extra = {}): ApiRequest {
    const { pathname, searchParams } = new URL(url, 'https://host');
    const bytes = body instanceof Uint8Array ? body : typeof body === 'string' ? body : JSON.stringify(body ?? '');
    return {
      method,
      path: pathname,
      query: searchParams,
      headers: { host: 'host', ...headers },
      body: body === undefined ? new Uint8Array() : typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes,
      user,
      signal: signal ?? new AbortController().signal,
    };
  }

  async send(method: string, url: string, extra: Extra = {}): Promise<Answer> {
    const { status, headers, body } = await this.api.handle(this.request(method, url, extra));
    let text = '';
    if (typeof body === 'string') text = body;
    else if (body instanceof Uint8Array) text = new TextDecoder().decode(body);
    else for await (const chunk of body) text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status, headers, text, json };
  }

  /** Opens a watch; `next` gives the next line. */
  async watch(url: string, extra: Extra = {}): Promise<{ next(): Promise<unknown>; end(): void }> {
    const abort = new AbortController();
    const { body } = await this.api.handle(this.request('GET', url, { ...extra, signal: abort.signal }));
    assert.ok(typeof body === 'object' && Symbol.asyncIterator in body);
    const lines = body[Symbol.asyncIterator]();
    return {
      async next() {
        const { value, done } = await lines.next();
        return done === true ? undefined : JSON.parse(String(value));
      },
      end: () => abort.abort(),
    };
  }
}

interface Extra {
  readonly body?: object | string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly user?: UserInfo;
  readonly signal?: AbortSignal;
}

const cluster = (podLogs?: PodLogs): Promise<Cluster> => new Cluster(podLogs).start();

const configMap = (name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data: { a: 'b' },
});
const pod = (name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'slipway/sim' }], ...more },
});
const configMaps = '/api/v1/namespaces/default/configmaps';
const podsPath = '/api/v1/namespaces/default/pods';
const patch = (type: string): Record<string, string> => ({ 'content-type': `application/${type}` });
const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

test('an object is created, read, replaced and deleted over the wire', async () => {
  const { send } = bound(await cluster());
  const created = await send('POST', configMaps, { body: configMap('a') });
  assert.equal(created.status, 201);
  assert.equal(created.json.kind, 'ConfigMap');
  assert.deepEqual(Object.keys(created.json), ['kind', 'apiVersion', 'metadata', 'data']);
  assert.deepEqual(Object.keys(created.json.metadata), [
    'name',
    'namespace',
    'uid',
    'resourceVersion',
    'creationTimestamp',
  ]);
  const read = await send('GET', `${configMaps}/a`);
  assert.equal(read.text, created.text);
  const replaced = await send('PUT', `${configMaps}/a`, { body: { ...read.json, data: { a: 'c' } } });
  assert.equal(replaced.status, 200);
  const stale = await send('PUT', `${configMaps}/a`, { body: { ...read.json, data: { a: 'd' } } });
  assert.equal(stale.json.reason, 'Conflict');
  const deleted = await send('DELETE', `${configMaps}/a`);
  assert.equal(deleted.json.status, 'Success');
  assert.deepEqual(deleted.json.details, { name: 'a', kind: 'configmaps', uid: created.json.metadata.uid });
  const gone = await send('GET', `${configMaps}/a`);
  assert.deepEqual(gone.json, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'configmaps "a" not found',
    reason: 'NotFound',
    details: { name: 'a', kind: 'configmaps' },
    code: 404,
  });
});

test('items of a list name neither kind nor version', async () => {
  const { send } = bound(await cluster());
  await send('POST', configMaps, { body: configMap('a') });
  const { json } = await send('GET', configMaps);
  assert.equal(json.kind, 'ConfigMapList');
  assert.deepEqual(Object.keys(json.items[0]), ['metadata', 'data']);
  assert.equal((await send('GET', '/api/v1/configmaps')).json.items.length, 1);
});

test('pages carry a token, a count, and the state of the first', async () => {
  const { send } = bound(await cluster());
  for (const name of ['a', 'b', 'c']) await send('POST', configMaps, { body: configMap(name) });
  const first = await send('GET', `${configMaps}?limit=2`);
  assert.equal(first.json.metadata.remainingItemCount, 1);
  const token = first.json.metadata.continue;
  await send('DELETE', `${configMaps}/c`);
  const second = await send('GET', `${configMaps}?limit=2&continue=${token}`);
  assert.deepEqual(namesOf(second.json), ['c']);
  assert.equal(second.json.metadata.continue, undefined);
});

test('a page whose state is forgotten is 410 with a token that goes on inconsistently', async () => {
  const it = await cluster();
  const { send } = bound(it);
  for (const name of ['a', 'b', 'c']) await send('POST', configMaps, { body: configMap(name) });
  const token = (await send('GET', `${configMaps}?limit=2`)).json.metadata.continue;
  for (let i = 0; i < 13_000; i++) {
    await it.api
      .client()
      .patch(pods0, { namespace: 'default', name: 'a' }, { type: 'merge', body: { data: { a: String(i) } } });
  }
  const expired = await send('GET', `${configMaps}?limit=2&continue=${token}`);
  assert.equal(expired.status, 410);
  assert.equal(expired.json.reason, 'Expired');
  const again = await send('GET', `${configMaps}?limit=2&continue=${expired.json.metadata.continue}`);
  assert.deepEqual(namesOf(again.json), ['c']);
});

test('bad continue tokens are 400', async () => {
  const { send } = bound(await cluster());
  for (const token of [
    'x',
    '%20',
    'e30',
    btoa('{"v":"meta.k8s.io/v1","rv":0,"start":"a"}'),
    btoa('{"v":"meta.k8s.io/v1","rv":1e99,"start":"a"}'),
  ]) {
    const { status } = await send('GET', `${configMaps}?limit=2&continue=${token}`);
    assert.equal(status, 400, token);
  }
});

test('selectors narrow lists; bad ones are 400 in their own words', async () => {
  const { send } = bound(await cluster());
  await send('POST', configMaps, { body: configMap('a', { labels: { app: 'x' } }) });
  await send('POST', configMaps, { body: configMap('b') });
  assert.deepEqual(namesOf((await send('GET', `${configMaps}?labelSelector=app`)).json), ['a']);
  assert.deepEqual(namesOf((await send('GET', `${configMaps}?fieldSelector=metadata.name%3Db`)).json), ['b']);
  for (const [query, message] of [
    ['labelSelector=a%3D%3D%3Db', /unable to parse/],
    ['labelSelector=(((', /found '\(', expected: !, identifier, or 'end of string'/],
    ['fieldSelector=spec.x%3D1', /"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"/],
    ['fieldSelector=%5C', /invalid/],
    ['limit=x', /strconv.ParseInt: parsing "x": invalid syntax/],
    ['resourceVersion=x', /invalid resource version/],
  ] as const) {
    const { status, json } = await send('GET', `${configMaps}?${query}`);
    assert.equal(status, 400, query);
    assert.match(json.message, message);
  }
});

test('list options that contradict each other are 422 with their fields', async () => {
  const { send } = bound(await cluster());
  for (const [query, field] of [
    ['resourceVersionMatch=Exact', 'resourceVersionMatch'],
    ['resourceVersionMatch=Exact&resourceVersion=0', 'resourceVersionMatch'],
    ['resourceVersionMatch=Sometimes&resourceVersion=1', 'resourceVersionMatch'],
    ['sendInitialEvents=true', 'sendInitialEvents'],
    ['watch=true&sendInitialEvents=true', 'resourceVersionMatch'],
    ['watch=true&resourceVersionMatch=NotOlderThan', 'resourceVersionMatch'],
  ] as const) {
    const { status, json } = await send('GET', `${configMaps}?${query}`);
    assert.equal(status, 422, query);
    assert.equal(json.details.kind, 'ListOptions');
    assert.equal(json.details.causes[0].field, field);
  }
});

test('a revision that is not there yet is waited for, then refused with the cause clients look for', async () => {
  const it = await cluster();
  const asked = it.send('GET', `${configMaps}?resourceVersion=1000`);
  await it.clock.advance(4_000);
  const { status, json } = await asked;
  assert.equal(status, 504);
  assert.deepEqual(json.details.causes, [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]);
});

test('a list at an exact revision shows that state', async () => {
  const { send } = bound(await cluster());
  const { json } = await send('POST', configMaps, { body: configMap('a') });
  await send('DELETE', `${configMaps}/a`);
  const rv = json.metadata.resourceVersion;
  const exact = await send('GET', `${configMaps}?resourceVersion=${rv}&resourceVersionMatch=Exact`);
  assert.deepEqual(namesOf(exact.json), ['a']);
  const newer = await send('GET', `${configMaps}?resourceVersion=${rv}&resourceVersionMatch=NotOlderThan`);
  assert.deepEqual(namesOf(newer.json), []);
});

test('tables print what kubectl get shows', async () => {
  const it = await cluster();
  await it.send('POST', podsPath, { body: pod('a') });
  await it.clock.advance(65_000);
  const { json } = await it.send('GET', podsPath, { headers: asTable });
  assert.equal(json.kind, 'Table');
  assert.deepEqual(
    json.columnDefinitions.slice(0, 5).map(({ name }: { name: string }) => name),
    ['Name', 'Ready', 'Status', 'Restarts', 'Age'],
  );
  assert.deepEqual(json.rows[0].cells.slice(0, 5), ['a', '0/1', 'Pending', '0', '65s']);
  assert.equal(json.rows[0].object.kind, 'PartialObjectMetadata');
  const whole = await it.send('GET', `${podsPath}?includeObject=Object`, { headers: asTable });
  assert.equal(whole.json.rows[0].object.kind, 'Pod');
  const bad = await it.send('GET', `${podsPath}?includeObject=Some`, { headers: asTable });
  assert.equal(bad.status, 400);
});

test('only metadata comes when only metadata is asked for', async () => {
  const { send } = bound(await cluster());
  await send('POST', configMaps, { body: configMap('a') });
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
  const { json } = await send('GET', configMaps, { headers: { accept } });
  assert.equal(json.kind, 'PartialObjectMetadataList');
  assert.deepEqual(Object.keys(json.items[0]), ['kind', 'apiVersion', 'metadata']);
});

test('a form that does not exist is 406', async () => {
  const { send } = bound(await cluster());
  for (const accept of [
    'text/html',
    'application/json;as=Chair;g=meta.k8s.io;v=v1',
    'application/json;as=Table;g=x;v=v1',
  ]) {
    assert.equal((await send('GET', configMaps, { headers: { accept } })).status, 406, accept);
  }
  for (const accept of [
    '*/*',
    'application/vnd.kubernetes.protobuf,application/json',
    'text/html,application/json;q=0.5',
  ]) {
    assert.equal((await send('GET', configMaps, { headers: { accept } })).status, 200, accept);
  }
});

test('a watch shows the state, then changes, each on a line of its own', async () => {
  const it = await cluster();
  await it.send('POST', configMaps, { body: configMap('a') });
  const watch = await it.watch(`${configMaps}?watch=1`);
  assert.deepEqual(await watch.next(), { type: 'ADDED', object: (await it.send('GET', `${configMaps}/a`)).json });
  await it.send('PATCH', `${configMaps}/a`, { body: { data: { a: 'c' } }, headers: patch('merge-patch+json') });
  const modified = (await watch.next()) as { type: string; object: { data: object } };
  assert.equal(modified.type, 'MODIFIED');
  assert.deepEqual(modified.object.data, { a: 'c' });
  await it.send('DELETE', `${configMaps}/a`);
  assert.equal(((await watch.next()) as { type: string }).type, 'DELETED');
  watch.end();
  assert.equal(await watch.next(), undefined);
});

test('a streaming list ends its state with a marked bookmark', async () => {
  const it = await cluster();
  await it.send('POST', configMaps, { body: configMap('a') });
  const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const watch = await it.watch(`${configMaps}?${query}`);
  assert.equal(((await watch.next()) as { type: string }).type, 'ADDED');
  const bookmark = (await watch.next()) as {
    type: string;
    object: { kind: string; metadata: { annotations: object } };
  };
  assert.equal(bookmark.type, 'BOOKMARK');
  assert.equal(bookmark.object.kind, 'ConfigMap');
  assert.deepEqual(bookmark.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
  watch.end();
});

test('a watch is told its place every minute and shortly before it ends, if it wants to know', async () => {
  const it = await cluster();
  const { json } = await it.send('GET', configMaps);
  const url = `${configMaps}?watch=1&resourceVersion=${json.metadata.resourceVersion}&timeoutSeconds=100`;
  const types: string[] = [];
  const silent: string[] = [];
  const collect = async (from: string, into: string[]): Promise<void> => {
    const watch = await it.watch(from);
    for (let line = await watch.next(); line !== undefined; line = await watch.next())
      into.push((line as { type: string }).type);
  };
  const both = Promise.all([collect(`${url}&allowWatchBookmarks=true`, types), collect(url, silent)]);
  for (let second = 0; second < 101; second++) {
    await it.clock.advance(1_000);
    if (second % 10 === 0)
      await it.send('POST', '/api/v1/namespaces/default/secrets', { body: { metadata: { name: `s${second}` } } });
  }
  await both;
  assert.deepEqual(types, ['BOOKMARK', 'BOOKMARK']);
  assert.deepEqual(silent, []);
});

test('a watch from a forgotten revision gets an ERROR event', async () => {
  const it = await cluster();
  await it.send('POST', configMaps, { body: configMap('a') });
  for (let i = 0; i < 13_000; i++) {
    await it.api
      .client()
      .patch(pods0, { namespace: 'default', name: 'a' }, { type: 'merge', body: { data: { a: String(i) } } });
  }
  const watch = await it.watch(`${configMaps}?watch=1&resourceVersion=1`);
  const error = (await watch.next()) as { type: string; object: { code: number; message: string } };
  assert.equal(error.type, 'ERROR');
  assert.equal(error.object.code, 410);
  assert.match(error.object.message, /^too old resource version: 1 \(/);
  assert.equal(await watch.next(), undefined);
});

test('a table watch defines its columns once', async () => {
  const it = await cluster();
  await it.send('POST', podsPath, { body: pod('a') });
  await it.send('POST', podsPath, { body: pod('b') });
  const watch = await it.watch(`${podsPath}?watch=1`, { headers: asTable });
  const lines = [await watch.next(), await watch.next()] as { object: { columnDefinitions: object[] } }[];
  assert.deepEqual(
    lines.map(({ object }) => object.columnDefinitions.length > 0),
    [true, false],
  );
  watch.end();
});

test('unknown and doubled fields are ignored, warned of or refused, as asked', async () => {
  const { send } = bound(await cluster());
  const body =
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","nam":"b"},"data":{"x":"1","x":"2"},"dota":{}}';
  const strict = await send('POST', `${configMaps}?fieldValidation=Strict`, { body });
  assert.equal(strict.status, 400);
  assert.equal(
    strict.json.message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.nam", duplicate field "data.x", unknown field "dota"',
  );
  const warned = await send('POST', `${configMaps}?dryRun=All`, { body });
  assert.equal(
    warned.headers['warning'],
    '299 - "unknown field \\"metadata.nam\\"", 299 - "duplicate field \\"data.x\\"", 299 - "unknown field \\"dota\\""',
  );
  const ignored = await send('POST', `${configMaps}?fieldValidation=Ignore`, { body });
  assert.equal(ignored.headers['warning'], undefined);
  assert.deepEqual(ignored.json.data, { x: '2' });
  assert.equal((await send('POST', `${configMaps}?fieldValidation=Sometimes`, { body })).status, 422);
});

test('bodies of another kind, version, namespace or form are refused', async () => {
  const { send } = bound(await cluster());
  const cases: readonly (readonly [body: object | string | Uint8Array, type: string, code: number, message: RegExp])[] =
    [
      [
        { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a' } },
        'json',
        400,
        /Secret in version "v1" cannot be handled as a ConfigMap/,
      ],
      [
        { kind: 'ConfigMap', apiVersion: 'v2', metadata: { name: 'a' } },
        'json',
        400,
        /no kind "ConfigMap" is registered for version "v2"/,
      ],
      [configMap('a', { namespace: 'other' }), 'json', 400, /the namespace of the provided object does not match/],
      [
        configMap('a', { resourceVersion: '1' }),
        'json',
        500,
        /resourceVersion should not be set on objects to be created/,
      ],
      ['', 'json', 400, /unexpected end of JSON input/],
      ['{', 'json', 400, /must be of type ConfigMap\).*unexpected end of JSON input \(\{\)/],
      ['[]', 'json', 400, /cannot unmarshal array/],
      ['"x"', 'json', 400, /cannot unmarshal string/],
      [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'json', 400, /exceeded max depth/],
      [
        `{"metadata":{"name":"a"},"data":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}}`,
        'json',
        400,
        /exceeded max depth/,
      ],
      ['{"metadata":{"name":7}}', 'json', 400, /cannot unmarshal number into Go struct field/],
      [new Uint8Array([0x7b, 0xff, 0x7d]), 'json', 400, /not valid UTF-8/],
      ['a: [', 'yaml', 400, /error converting YAML to JSON/],
      [
        `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g'].map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdef'[index]}`).join(',')}]`).join('\n')}`,
        'yaml',
        400,
        /alias/i,
      ],
      [
        new Uint8Array([0x6b, 0x38, 0x73, 0x00, 0xff, 0xff]),
        'vnd.kubernetes.protobuf',
        400,
        /must be of type ConfigMap/,
      ],
      ['{}', 'vnd.kubernetes.protobuf', 400, /must be of type ConfigMap/],
      [
        '{}',
        'cbor',
        415,
        /accepted media types include: application\/json, application\/yaml, application\/vnd.kubernetes.protobuf/,
      ],
      [new Uint8Array(3 * 1024 * 1024 + 1), 'json', 413, /Request entity too large: limit is 3145728/],
    ];
  for (const [body, type, code, message] of cases) {
    const { status, json } = await send('POST', configMaps, {
      body,
      headers: { 'content-type': `application/${type}` },
    });
    assert.equal(status, code, `${String(message)}: ${json.message}`);
    assert.match(json.message, message);
  }
});

test('YAML bodies are read', async () => {
  const { send } = bound(await cluster());
  const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  on: "yes"\n  day: "2026-01-01"\n';
  const { status, json } = await send('POST', configMaps, { body, headers: patch('yaml') });
  assert.equal(status, 201);
  assert.deepEqual(json.data, { true: 'yes', day: '2026-01-01' });
});

test('invalid objects are 422 with a cause a field', async () => {
  const { send } = bound(await cluster());
  const { status, json } = await send('POST', configMaps, { body: configMap('UPPER', { labels: { 'a b': 'c' } }) });
  assert.equal(status, 422);
  assert.deepEqual(
    json.details.causes.map(({ field }: { field: string }) => field),
    ['metadata.name', 'metadata.labels'],
  );
  assert.match(
    json.message,
    /^ConfigMap "UPPER" is invalid: \[metadata.name: Invalid value: "UPPER": a lowercase RFC 1123/,
  );
});

test('each kind of patch changes the object in its own way', async () => {
  const { send } = bound(await cluster());
  await send('POST', podsPath, { body: pod('a') });
  const path = `${podsPath}/a`;
  const merge = await send('PATCH', path, {
    body: { metadata: { labels: { a: 'b' } } },
    headers: patch('merge-patch+json'),
  });
  assert.deepEqual(merge.json.metadata.labels, { a: 'b' });
  const json = await send('PATCH', path, {
    body: [{ op: 'add', path: '/metadata/labels/c', value: 'd' }],
    headers: patch('json-patch+json'),
  });
  assert.deepEqual(json.json.metadata.labels, { a: 'b', c: 'd' });
  const strategic = await send('PATCH', path, {
    body: { spec: { containers: [{ name: 'main', image: 'slipway/llm' }] } },
    headers: patch('strategic-merge-patch+json'),
  });
  assert.equal(strategic.json.spec.containers.length, 1);
  assert.equal(strategic.json.spec.containers[0].image, 'slipway/llm');
  assert.equal(strategic.json.metadata.generation, 2);
  const apply = await send('PATCH', path, { body: '{}', headers: patch('apply-patch+yaml') });
  assert.equal(apply.status, 415);
  const failing = await send('PATCH', path, {
    body: [{ op: 'test', path: '/metadata/name', value: 'b' }],
    headers: patch('json-patch+json'),
  });
  assert.equal(failing.status, 422);
  const other = await send('PATCH', path, { body: { metadata: { name: 'b' } }, headers: patch('merge-patch+json') });
  assert.equal(other.status, 400);
  const old = await send('PATCH', path, {
    body: { metadata: { resourceVersion: '1' } },
    headers: patch('merge-patch+json'),
  });
  assert.equal(old.json.reason, 'Conflict');
});

test('a pod is bound, evicted within its budget, and not beyond it', async () => {
  const { send } = bound(await cluster());
  for (const name of ['a', 'b']) {
    await send('POST', podsPath, { body: { ...pod(name), metadata: { name, labels: { app: 'x' } } } });
    const binding = { kind: 'Binding', apiVersion: 'v1', metadata: { name }, target: { kind: 'Node', name: 'n' } };
    const bind = await send('POST', `${podsPath}/${name}/binding`, { body: binding });
    assert.equal(bind.status, 201);
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await send('PATCH', `${podsPath}/${name}/status`, { body: { status }, headers: patch('merge-patch+json') });
  }
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  await send('POST', budgets, {
    body: { metadata: { name: 'p' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } },
  });
  const evict = (name: string): Promise<Answer> =>
    send('POST', `${podsPath}/${name}/eviction`, {
      body: { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name, namespace: 'default' } },
    });
  const early = await evict('a');
  assert.equal(early.status, 429);
  assert.equal(early.headers['retry-after'], '10');
  const status = {
    observedGeneration: 1,
    disruptionsAllowed: 1,
    currentHealthy: 2,
    desiredHealthy: 1,
    expectedPods: 2,
  };
  await send('PATCH', `${budgets}/p/status`, { body: { status }, headers: patch('merge-patch+json') });
  assert.equal((await evict('a')).status, 201);
  const first = (await send('GET', `${podsPath}/a`)).json;
  assert.equal(first.metadata.deletionGracePeriodSeconds, 30);
  assert.equal(first.status.conditions.at(-1).reason, 'EvictionByEvictionAPI');
  const refused = await evict('b');
  assert.equal(refused.status, 429);
  assert.equal(refused.json.details.causes[0].reason, 'DisruptionBudget');
});

test('logs come from the node, and are refused before they begin', async () => {
  const logs: PodLogs = {
    async *read(_pod: Pod, { container, tailLines }) {
      yield new TextEncoder().encode(`${container} ${tailLines}\n`);
    },
  };
  const { send } = bound(await cluster(logs));
  await send('POST', podsPath, { body: pod('a', { nodeName: 'n' }) });
  const { status, text, headers } = await send('GET', `${podsPath}/a/log?tailLines=3`);
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/plain');
  assert.equal(text, 'main 3\n');
  assert.match((await send('GET', `${podsPath}/a/log?container=x`)).json.message, /container x is not valid for pod a/);
  assert.equal((await send('GET', `${podsPath}/a/log?tailLines=-1`)).status, 422);
});

test('a followed log that cannot be had is refused before it begins, one that is silent begins at once', async () => {
  const fails: PodLogs = {
    read: () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(badRequest('container "main" is waiting to start')),
      }),
    }),
  };
  const refused = bound(await cluster(fails));
  await refused.send('POST', podsPath, { body: pod('a', { nodeName: 'n' }) });
  assert.equal((await refused.send('GET', `${podsPath}/a/log?follow=true`)).status, 400);
  const silent: PodLogs = {
    async *read(_pod, _options, signal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      yield new Uint8Array();
    },
  };
  const it = await cluster(silent);
  await it.send('POST', podsPath, { body: pod('a', { nodeName: 'n' }) });
  const abort = new AbortController();
  const asked = it.api.handle(it.request('GET', `${podsPath}/a/log?follow=true`, { signal: abort.signal }));
  await it.clock.advance(1_000);
  assert.equal((await asked).status, 200);
  abort.abort();
});

test('a selector deletes a collection', async () => {
  const { send } = bound(await cluster());
  await send('POST', configMaps, { body: configMap('a', { labels: { app: 'x' } }) });
  await send('POST', configMaps, { body: configMap('b') });
  const { json } = await send('DELETE', `${configMaps}?labelSelector=app%3Dx`);
  assert.deepEqual(namesOf(json), ['a']);
  assert.deepEqual(namesOf((await send('GET', configMaps)).json), ['b']);
});

test('events are one store in two shapes, for an hour', async () => {
  const it = await cluster();
  const body = {
    metadata: { name: 'e' },
    involvedObject: { kind: 'Pod', name: 'a', namespace: 'default' },
    reason: 'Started',
    message: 'hello',
    type: 'Normal',
  };
  assert.equal((await it.send('POST', '/api/v1/namespaces/default/events', { body })).status, 201);
  const newer = await it.send(
    'GET',
    '/apis/events.k8s.io/v1/namespaces/default/events?fieldSelector=regarding.name%3Da',
  );
  assert.equal(newer.json.items[0].note, 'hello');
  assert.equal(newer.json.items[0].kind, undefined);
  await it.clock.advance(59 * 60_000);
  assert.equal((await it.send('GET', '/api/v1/events')).json.items.length, 1);
  await it.clock.advance(3 * 60_000);
  assert.equal((await it.send('GET', '/api/v1/events')).json.items.length, 0);
});

test('discovery tells the same in its old form and its new one', async () => {
  const { send } = bound(await cluster());
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
  const aggregated = await send('GET', '/apis', { headers: { accept } });
  assert.equal(
    aggregated.headers['content-type'],
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  );
  const again = await send('GET', '/apis', { headers: { accept, 'if-none-match': aggregated.headers['etag']! } });
  assert.equal(again.status, 304);
  const groups = (await send('GET', '/apis')).json.groups.map(({ name }: { name: string }) => name);
  assert.deepEqual(
    aggregated.json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    groups,
  );
  const core = await send('GET', '/api/v1');
  const names = core.json.resources.map(({ name }: { name: string }) => name);
  assert.ok(names.includes('pods/eviction'));
  assert.ok(names.includes('pods/log'));
  const scale = (await send('GET', '/apis/apps/v1')).json.resources.find(
    ({ name }: { name: string }) => name === 'deployments/scale',
  );
  assert.deepEqual(scale, {
    name: 'deployments/scale',
    singularName: '',
    namespaced: true,
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
    verbs: ['get', 'patch', 'update'],
  });
  assert.equal((await send('GET', '/apis/apps/v2')).status, 404);
  assert.equal((await send('GET', '/version')).json.gitVersion, 'v1.36.3+slipway.0.1.0');
});

test('without credentials every route is 401 but health and the version', async () => {
  const { send } = bound(await cluster());
  const user: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
  for (const path of ['/healthz', '/livez', '/readyz', '/version']) {
    assert.equal((await send('GET', path, { user })).status, 200, path);
  }
  const paths = ['/', '/api', '/apis', '/api/v1', '/metrics', '/openapi/v3', '/nothing', configMaps, `${configMaps}/a`];
  for (const path of [...paths, `${podsPath}/a/log`, `${podsPath}/a/binding`, '/apis/apps/v1/deployments?watch=1']) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']) {
      const { status, json } = await send(method, path, { user });
      assert.equal(status, 401, `${method} ${path}`);
      assert.equal(json.reason, 'Unauthorized');
    }
  }
  for (const method of ['POST', 'DELETE']) assert.equal((await send(method, '/healthz', { user })).status, 401);
});

test('paths and methods that are not served are 404 and 405', async () => {
  const { send } = bound(await cluster());
  for (const path of [
    '/api/v1/nothing',
    '/apis/x/v1/y',
    '/api/v2/pods',
    '/foo',
    `${podsPath}/a/exec`,
    `${podsPath}/a/b/c/d`,
    '/api/v1/namespaces/x/nodes',
  ]) {
    assert.equal((await send('GET', path)).status, 404, path);
  }
  assert.equal((await send('POST', `${configMaps}/a`, { body: configMap('a') })).status, 405);
  assert.equal((await send('PATCH', configMaps, { body: {} })).status, 405);
  assert.equal((await send('OPTIONS', configMaps)).status, 405);
  assert.equal((await send('POST', `${podsPath}/a/status`, { body: {} })).status, 405);
});

test('services get addresses, keep them, and never share one', async () => {
  const { send } = bound(await cluster());
  const services = '/api/v1/namespaces/default/services';
  const service = (name: string, more: object = {}): object => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...more },
  });
  const created = await Promise.all(['a', 'b', 'c'].map((name) => send('POST', services, { body: service(name) })));
  const addresses = created.map(({ json }) => json.spec.clusterIP);
  assert.equal(new Set(addresses).size, 3);
  assert.match(addresses[0], /^127\.128\.0\.\d+$/);
  assert.deepEqual(created[0]!.json.spec.clusterIPs, [addresses[0]]);
  const replaced = await send('PUT', `${services}/a`, { body: service('a') });
  assert.equal(replaced.json.spec?.clusterIP, addresses[0], replaced.text);
  const taken = await send('POST', services, { body: service('d', { clusterIP: addresses[1] }) });
  assert.match(taken.json.message, /failed to allocate IP .*: provided IP is already allocated/);
  const outside = await send('POST', services, { body: service('d', { clusterIP: '10.0.0.1' }) });
  assert.match(outside.json.message, /The range of valid IPs is 127.128.0.0\/12/);
  const headless = await send('POST', services, { body: service('d', { clusterIP: 'None' }) });
  assert.deepEqual(headless.json.spec.clusterIPs, ['None']);
});

test('no path, query, header or body brings the server down', async () => {
  const it = await cluster();
  await it.send('POST', configMaps, { body: configMap('a') });
  const segment = fc.oneof(
    fc.constantFrom(
      'api',
      'apis',
      'v1',
      'namespaces',
      'default',
      'configmaps',
      'pods',
      'a',
      'status',
      'watch',
      'log',
      '',
    ),
    fc.string({ maxLength: 4 }),
  );
  const query = fc.dictionary(
    fc.constantFrom(
      'watch',
      'limit',
      'continue',
      'labelSelector',
      'fieldSelector',
      'resourceVersion',
      'dryRun',
      'fieldValidation',
      'timeoutSeconds',
      'gracePeriodSeconds',
    ),
    fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('1', 'true', '-1', 'All')),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'FOO'),
      fc.array(segment, { maxLength: 7 }),
      query,
      fc.oneof(fc.json(), fc.string(), fc.constant('{"metadata":{"name":"a"}}')),
      fc.constantFrom(
        'application/json',
        'application/yaml',
        'application/merge-patch+json',
        'application/json-patch+json',
        'application/strategic-merge-patch+json',
        'application/vnd.kubernetes.protobuf',
        'x',
      ),
      async (method, segments, parameters, body, contentType) => {
        const signal = AbortSignal.abort();
        const request = {
          ...it.request(method, '/', { body, headers: { 'content-type': contentType }, signal }),
          path: `/${segments.join('/')}`,
          query: new URLSearchParams(parameters),
        };
        const { status, body: answer } = await it.api.handle(request);
        assert.ok(status >= 200 && status < 600);
        if (typeof answer === 'object' && Symbol.asyncIterator in answer) for await (const _ of answer);
        assert.deepEqual(it.bugs, []);
      },
    ),
    { numRuns: 500 },
  );
});

function bound(it: Cluster): { send: Cluster['send'] } {
  return { send: (...parameters) => it.send(...parameters) };
}

const namesOf = (list: { items: { metadata: { name: string } }[] }): string[] =>
  list.items.map(({ metadata }) => metadata.name);
const pods0 = { ...pods, resource: 'configmaps', kind: 'ConfigMap' };
