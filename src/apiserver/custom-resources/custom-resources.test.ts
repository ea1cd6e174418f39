import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { ApiError } from '../../api/error.ts';
import { isConditionTrue } from '../../api/conditions.ts';
import { builtInKinds } from '../../api/kinds.ts';
import type { KubernetesObject, Resource } from '../../api/resource.ts';
import { customResourceDefinitions, inferences } from '../../api/resources.ts';
import type { CustomResourceDefinition, JSONSchemaProps } from '../../api/schema/apiextensions-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import { inferenceCustomResourceDefinition } from '../../api/slipway/v1alpha1/inference-crd.ts';
import type { Client } from '../../machinery/client.ts';
import { seededRandom } from '../../std/random.ts';
import { ApiServer } from '../api-server.ts';
import { memoryJournal, type Journal } from '../journal.ts';
import { setDefaultValues } from './default-values.ts';
import { formatRule } from './formats.ts';
import { parseJsonPath, valuesAt } from './json-path.ts';
import { validateListTypes } from './list-types.ts';
import { prune } from './prune.ts';
import { validateValue } from './validate-value.ts';

interface Widget extends KubernetesObject {
  readonly spec: { readonly size?: number; readonly colour?: string; readonly ports?: readonly object[] };
  readonly status?: { readonly replicas?: number };
}

const widgets: Resource<Widget> = {
  group: 'example.com',
  version: 'v1',
  resource: 'widgets',
  singular: 'widget',
  kind: 'Widget',
  namespaced: true,
  shortNames: ['wd'],
  categories: [],
};

const schema: JSONSchemaProps = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
        colour: { type: 'string', enum: ['red', 'blue'], maxLength: 5 },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port'],
          items: {
            type: 'object',
            required: ['port'],
            properties: { port: { type: 'integer' }, name: { type: 'string' } },
          },
        },
      },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};

function definition(spec: object = {}, version: object = {}): Draft<CustomResourceDefinition> {
  return {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wd'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas' },
          },
          selectableFields: [{ jsonPath: '.spec.colour' }],
          ...version,
        },
      ],
      ...spec,
    },
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function server(journal: Journal = memoryJournal()): Promise<{ api: ApiServer; client: Client }> {
  const clock = { now: () => Date.parse('2026-01-01T00:00:00Z'), after: () => ({ cancel() {} }) };
  const api = new ApiServer({ clock, random: seededRandom(1), journal, kinds: builtInKinds });
  await api.start();
  return { api, client: api.client() };
}

async function withWidgets(): Promise<Client> {
  const { client } = await server();
  await client.create(customResourceDefinitions, definition());
  await settle();
  return client;
}

const widget = (name: string, spec: object): Draft<Widget> => ({ metadata: { name, namespace: 'default' }, spec });
const key = (name: string): { namespace: string; name: string } => ({ namespace: 'default', name });

const causes =
  (...expected: readonly string[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual(
      error.details?.causes?.map(({ field, message }) => `${field}: ${message}`),
      expected,
    );
    return true;
  };

test('a definition is accepted, established and served at once', async () => {
  const client = await withWidgets();
  const { status } = await client.get(customResourceDefinitions, { name: 'widgets.example.com' });
  assert.ok(isConditionTrue(status.conditions, 'NamesAccepted'));
  assert.ok(isConditionTrue(status.conditions, 'Established'));
  assert.deepEqual(status.storedVersions, ['v1']);
  assert.equal(status.acceptedNames.plural, 'widgets');
  const made = await client.create(widgets, widget('a', {}));
  assert.equal(made.spec.size, 3, 'defaults are filled in');
  assert.equal(made.metadata.generation, 1);
});

test('the definition of Inference is served, with its smallest object', async () => {
  const { client } = await server();
  await client.create(customResourceDefinitions, inferenceCustomResourceDefinition);
  await settle();
  const made = await client.create(inferences, {
    metadata: { name: 'chat', namespace: 'default' },
    spec: { model: 'file:///model.gguf' },
  });
  assert.equal(made.spec.runtime, 'auto');
});

test('what the schema forbids is refused with the words of Kubernetes', async () => {
  const client = await withWidgets();
  await assert.rejects(
    client.create(widgets, widget('a', { size: 10, colour: 'purple' })),
    causes(
      'spec.colour: Too long: may not be more than 5 bytes',
      'spec.colour: Unsupported value: "purple": supported values: "red", "blue"',
      'spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9',
    ),
  );
  await assert.rejects(
    client.create(widgets, widget('a', { size: 'big' })),
    causes(
      'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
      '.spec.size: Invalid value: 0: .spec.size accessor error: big is of the type string, expected int64',
    ),
  );
  await assert.rejects(
    client.create(widgets, { metadata: { name: 'a', namespace: 'default' } }),
    causes('spec: Required value'),
  );
  await assert.rejects(
    client.create(widgets, widget('a', { ports: [{ port: 1 }, { port: 1, name: 'x' }] })),
    causes('spec.ports[1]: Duplicate value: {"port":1}'),
  );
  await assert.rejects(client.create(widgets, widget('a', { weight: 1 })), /unknown field "spec.weight"/);
});

test('the status is written alone, and the scale is a view', async () => {
  const client = await withWidgets();
  const made = await client.create(widgets, { ...widget('a', { size: 2 }), status: { replicas: 7 } });
  assert.equal(made.status, undefined);
  const body = { status: { replicas: 2 }, spec: { size: 9 } };
  const written = await client.patch(widgets, key('a'), { type: 'merge', body }, { subresource: 'status' });
  assert.equal(written.status?.replicas, 2);
  assert.equal(written.spec.size, 2);
  assert.equal(written.metadata.generation, 1);
  await client.patch(widgets, key('a'), { type: 'merge', body: { spec: { replicas: 5 } } }, { subresource: 'scale' });
  const scaled = await client.get(widgets, key('a'));
  assert.equal(scaled.spec.size, 5);
  assert.equal(scaled.metadata.generation, 2);
});

test('objects are selected by the fields that the definition names', async () => {
  const client = await withWidgets();
  await client.create(widgets, widget('a', { colour: 'red' }));
  await client.create(widgets, widget('b', { colour: 'blue' }));
  const { items } = await client.list(widgets, { fieldSelector: 'spec.colour=blue' });
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ['b'],
  );
  await assert.rejects(client.list(widgets, { fieldSelector: 'spec.size=3' }), /field label not supported: spec.size/);
});

test('names that another definition has are not accepted', async () => {
  const client = await withWidgets();
  const other = definition({
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Widget', listKind: 'GadgetList', shortNames: ['wd'] },
  });
  await client.create(customResourceDefinitions, { ...other, metadata: { name: 'gadgets.example.com' } });
  await settle();
  const { status } = await client.get(customResourceDefinitions, { name: 'gadgets.example.com' });
  const accepted = status.conditions.find(({ type }) => type === 'NamesAccepted');
  assert.equal(accepted?.status, 'False');
  assert.equal(accepted?.message, '"Widget" is already in use');
  assert.equal(isConditionTrue(status.conditions, 'Established'), false);
});

test('a deleted definition takes its objects with it, and waits for those that are held', async () => {
  const client = await withWidgets();
  await client.create(widgets, widget('free', {}));
  const held = widget('held', {});
  await client.create(widgets, { ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } });
  const dying = await client.delete(customResourceDefinitions, { name: 'widgets.example.com' });
  assert.deepEqual(dying?.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io']);
  await settle();
  await settle();
  const { items } = await client.list(widgets);
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ['held'],
  );
  await assert.rejects(client.create(widgets, widget('late', {})), /terminating/);
  await client.patch(widgets, key('held'), { type: 'merge', body: { metadata: { finalizers: null } } });
  await settle();
  await settle();
  await assert.rejects(client.list(widgets), /could not find the requested resource/);
  await assert.rejects(client.get(customResourceDefinitions, { name: 'widgets.example.com' }), /not found/);
  await client.create(customResourceDefinitions, definition());
  await settle();
  assert.deepEqual((await client.list(widgets)).items, []);
});

test('a schema that changes holds for what is read from then on', async () => {
  const client = await withWidgets();
  await client.create(widgets, widget('a', { colour: 'red' }));
  const old = await client.get(customResourceDefinitions, { name: 'widgets.example.com' });
  const spec = schema.properties!['spec']!;
  const { colour: _colour, ...properties } = spec.properties!;
  const changed = { ...spec, properties: { ...properties, weight: { type: 'integer', default: 5 } } };
  const version = {
    ...old.spec.versions[0]!,
    selectableFields: [],
    schema: { openAPIV3Schema: { ...schema, properties: { ...schema.properties, spec: changed } } },
  };
  await client.update(customResourceDefinitions, { ...old, spec: { ...old.spec, versions: [version] } });
  await settle();
  const read = await client.get(widgets, key('a'));
  assert.deepEqual(read.spec, { size: 3, weight: 5 });
});

test('an object that a stricter schema would refuse can still be changed elsewhere', async () => {
  const client = await withWidgets();
  await client.create(widgets, widget('a', { size: 9 }));
  const old = await client.get(customResourceDefinitions, { name: 'widgets.example.com' });
  const spec = schema.properties!['spec']!;
  const stricter = { ...spec, properties: { ...spec.properties, size: { type: 'integer', maximum: 5 } } };
  const version = {
    ...old.spec.versions[0]!,
    schema: { openAPIV3Schema: { ...schema, properties: { ...schema.properties, spec: stricter } } },
  };
  await client.update(customResourceDefinitions, { ...old, spec: { ...old.spec, versions: [version] } });
  await settle();
  await client.patch(widgets, key('a'), { type: 'merge', body: { spec: { colour: 'red' } } });
  await assert.rejects(
    client.patch(widgets, key('a'), { type: 'merge', body: { spec: { size: 8 } } }),
    /less than or equal to 5/,
  );
});

test('two versions show the same objects, each in its own schema', async () => {
  const { client } = await server();
  const looser = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
  };
  const older = { name: 'v1beta1', served: true, storage: false, schema: { openAPIV3Schema: looser } };
  const made = definition();
  await client.create(customResourceDefinitions, {
    ...made,
    spec: { ...made.spec, versions: [...(made.spec?.versions ?? []), older] },
  });
  await settle();
  await client.create(widgets, widget('a', {}));
  const beta = { ...widgets, version: 'v1beta1' };
  const read = await client.get(beta, key('a'));
  assert.equal(read.apiVersion, 'example.com/v1beta1');
  await client.update(beta, { ...read, spec: { size: 4 } });
  const back = await client.get(widgets, key('a'));
  assert.equal(back.apiVersion, 'example.com/v1');
  assert.equal(back.spec.size, 4);
});

test('definitions that cannot be honoured are refused with their path', async () => {
  const { client } = await server();
  const inSpec = (field: object): object => ({
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { field } } } } },
    subresources: {},
    selectableFields: [],
  });
  const at = 'spec.validation.openAPIV3Schema.properties[spec].properties[field]';
  const cases: readonly (readonly [version: object, message: RegExp])[] = [
    [
      inSpec({ type: 'string', 'x-kubernetes-validations': [{ rule: 'self != ""' }] }),
      /x-kubernetes-validations\[0\]: Forbidden: CEL rules are not supported yet/,
    ],
    [inSpec({ type: 'integer', default: 'x' }), /default: Invalid value/],
    [inSpec({ type: 'object', default: { x: 1 } }), /must not have unknown fields/],
    [inSpec({ type: 'string', pattern: '(' }), /must be a valid regular expression/],
    [inSpec({}), new RegExp(`${at.replace(/[[\]]/g, '\\$&')}.type: Required value`)],
    [
      { additionalPrinterColumns: [{ name: 'x', type: 'string', jsonPath: '.a[' }] },
      /JSONPath: Invalid value: ".a\[": must be a simple json path/,
    ],
  ];
  for (const [version, message] of cases) {
    await assert.rejects(client.create(customResourceDefinitions, definition({}, version)), message);
  }
  const webhook = { conversion: { strategy: 'Webhook' } };
  await assert.rejects(client.create(customResourceDefinitions, definition(webhook)), /spec.conversion.strategy/);
});

const anything = fc.jsonValue({ maxDepth: 4 });

test('pruning and defaulting twice is pruning and defaulting once', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('spec', 'status', 'x', 'metadata'), anything), (object) => {
      const once = structuredClone(object) as Record<string, unknown>;
      prune(once, schema);
      setDefaultValues(once, schema);
      const twice = structuredClone(once);
      assert.deepEqual(prune(twice, schema), []);
      setDefaultValues(twice, schema);
      assert.deepEqual(twice, once);
    }),
  );
});

test('no value brings the validator down', () => {
  fc.assert(
    fc.property(anything, (value) => {
      validateValue(value, schema);
      validateListTypes(value, schema);
    }),
  );
});

test('rules of values are worded as Kubernetes words them', () => {
  const cases: readonly (readonly [schema: JSONSchemaProps, value: unknown, expected: readonly string[]])[] = [
    [{ type: 'string', pattern: '^a+$' }, 'b', [': Invalid value: "b":  in body should match \'^a+$\'']],
    [{ type: 'string', minLength: 2 }, 'é', [': Invalid value: "é":  in body should be at least 2 chars long']],
    [{ type: 'number', multipleOf: 0.1 }, 0.25, [': Invalid value: 0.25:  in body should be a multiple of 0.1']],
    [
      { type: 'integer' },
      1.5,
      [
        ': Invalid value: "number":  in body must be of type integer: "number"',
        '<nil>: Invalid value: "": Checked value must be of type integer (default format) in ',
      ],
    ],
    [{ type: 'number' }, 1, []],
    [
      { 'x-kubernetes-int-or-string': true },
      true,
      [': Invalid value: "boolean":  in body must be of type integer,string: "boolean"'],
    ],
    [{ type: 'string' }, null, [': Invalid value: "null":  in body must be of type string: "null"']],
    [{ type: 'string', nullable: true }, null, []],
    [
      { type: 'array', items: { type: 'string' }, maxItems: 1 },
      ['a', 2],
      [
        '[1]: Invalid value: "integer": [1] in body must be of type string: "integer"',
        ': Too many: 2: must have at most 1 item',
      ],
    ],
    [
      { type: 'object', additionalProperties: { type: 'string' } },
      { a: 1 },
      ['a: Invalid value: "integer": .a in body must be of type string: "integer"'],
    ],
    [
      { oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      {},
      [
        '<nil>: Invalid value: "": "" must validate one and only one schema (oneOf). Found none valid',
        'a: Required value',
      ],
    ],
    [{ not: { required: ['a'] } }, { a: 1 }, ['<nil>: Invalid value: "": "" must not validate the schema (not)']],
    [
      { type: 'string', format: 'date-time' },
      'yesterday',
      [': Invalid value: "yesterday":  in body must be of type date-time: "yesterday"'],
    ],
    [{ type: 'string', format: 'nonsense' }, 'x', []],
    [
      { type: 'integer', format: 'int32' },
      2 ** 31,
      ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in '],
    ],
  ];
  for (const [rules, value, expected] of cases) {
    assert.deepEqual(
      validateValue(value, rules).map(({ field, detail }) => `${field}: ${detail}`),
      expected,
    );
  }
});

test('formats tell good from bad', () => {
  const cases: Readonly<Record<string, readonly [good: readonly string[], bad: readonly string[]]>> = {
    ipv4: [
      ['1.2.3.4', '255.255.255.255'],
      ['1.2.3', '1.2.3.256', '1.2.3.4.', '::1'],
    ],
    ipv6: [
      ['::1', '2001:db8::', '1:2:3:4:5:6:7:8'],
      ['1.2.3.4', ':::', '1:2'],
    ],
    cidr: [
      ['10.0.0.0/8', '::/0'],
      ['10.0.0.0', '10.0.0.0/33', '::/129'],
    ],
    uuid: [['123e4567-e89b-12d3-a456-426614174000'], ['123e4567']],
    date: [['2026-02-28'], ['2026-02-30', '26-01-01']],
    hostname: [['a.example.com'], ['-a', 'a..b']],
    byte: [
      ['', 'YQ=='],
      ['YQ', '!'],
    ],
    mac: [['00:11:22:aa:bb:cc'], ['00:11:22']],
    isbn10: [['0321751043'], ['0321751044']],
    creditcard: [['4111 1111 1111 1111'], ['4111 1111 1111 1112']],
  };
  for (const [format, [good, bad]] of Object.entries(cases)) {
    const rule = formatRule(format)!;
    for (const text of good) assert.equal(rule(text), true, `${format} ${text}`);
    for (const text of bad) assert.equal(rule(text), false, `${format} ${text}`);
  }
});

test('columns find their values', () => {
  const object = {
    metadata: { annotations: { 'a.b/c': 'x' } },
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Other', status: 'False' },
      ],
    },
  };
  const cases: readonly (readonly [path: string, expected: readonly unknown[] | undefined])[] = [
    ['.metadata.annotations.a\\.b/c', ['x']],
    [".metadata.annotations['a.b/c']", ['x']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ['.status.conditions[0].type', ['Ready']],
    ['.status.conditions[-1].type', ['Other']],
    ['.status.conditions[*].status', ['True', 'False']],
    ['.nothing.at.all', []],
    ['.a[', undefined],
    ['.a[?(@.x=~"y")]', undefined],
  ];
  for (const [path, expected] of cases) {
    const parsed = parseJsonPath(path);
    assert.deepEqual(parsed === undefined ? undefined : valuesAt(object, parsed), expected, path);
  }
});
