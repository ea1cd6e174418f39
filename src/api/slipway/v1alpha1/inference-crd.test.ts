import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customResourceDefinitionKind } from '../../apiextensions.k8s.io/v1/custom-resource-definition.ts';
import type { CustomResourceDefinition, JSONSchemaProps } from '../../schema/apiextensions-v1.ts';
import { decode } from '../../schema/decode.ts';
import { structOfKind } from '../../schema/struct.ts';
import { inferenceCustomResourceDefinition } from './inference-crd.ts';

const schema = inferenceCustomResourceDefinition.spec?.versions?.[0]?.schema?.openAPIV3Schema as JSONSchemaProps;

function at(...path: readonly string[]): JSONSchemaProps {
  let here = schema;
  for (const name of path) {
    const next = here.properties?.[name];
    assert.ok(next, path.join('.'));
    here = next;
  }
  return here;
}

/** What an empty object becomes. */
function filled({ properties = {}, default: given }: JSONSchemaProps): unknown {
  if (given !== undefined && JSON.stringify(given) !== '{}') return given;
  const parts = Object.entries(properties).map(([name, part]) => [
    name,
    part.default === undefined ? undefined : filled(part),
  ]);
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined));
}

const accepts = (pattern: string | undefined, text: string): boolean => new RegExp(pattern ?? '$.', 'u').test(text);

test('any cluster would accept the definition', () => {
  const { object, unknownFields } = decode(
    structOfKind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition')!,
    structuredClone(inferenceCustomResourceDefinition),
  );
  assert.deepEqual(unknownFields, []);
  const definition = object as unknown as CustomResourceDefinition;
  customResourceDefinitionKind.setDefaults(definition as never);
  customResourceDefinitionKind.prepareCreate?.(definition as never);
  assert.deepEqual(customResourceDefinitionKind.validateCreate(definition), []);
});

test('a model alone is a whole Inference', () => {
  assert.deepEqual(at('spec').required, ['model']);
  assert.deepEqual(filled(at('spec')), {
    runtime: 'auto',
    replicas: { min: 1, max: 3 },
    target: { concurrency: 4 },
    idle: { after: '10m', action: 'none' },
    cold: { hold: '2m', maxHeld: 100 },
    drain: '60s',
  });
});

test('defaults keep to their own patterns', () => {
  for (const path of [['idle', 'after'], ['cold', 'hold'], ['drain']]) {
    const { pattern, default: value } = at('spec', ...path);
    assert.ok(accepts(pattern, value as string), path.join('.'));
  }
});

test('models and times are told by their form', () => {
  const model = at('spec', 'model').pattern;
  for (const text of ['builtin://tiny-chat', 'file:///m.gguf', 'hf://Qwen/Qwen3-0.6B-GGUF/q8.gguf', 'https://x.y/m'])
    assert.ok(accepts(model, text), text);
  for (const text of [
    '',
    'tiny-chat',
    'file://',
    'file://m.gguf',
    'hf://Qwen',
    'ftp://x/y',
    'builtin://a b',
    ' https://x',
  ])
    assert.ok(!accepts(model, text), text);
  const time = at('spec', 'drain').pattern;
  for (const text of ['0s', '500ms', '1m30s', '2h']) assert.ok(accepts(time, text), text);
  for (const text of ['', '10', 'm', '-1s', '1.5h', '1d', '1m 30s', `${'9'.repeat(10)}s`])
    assert.ok(!accepts(time, text), text);
  const amount = at('spec', 'resources', 'memory').pattern;
  for (const text of ['1', '500m', '1.5Gi', '2G']) assert.ok(accepts(amount, text), text);
  for (const text of ['', '-1', '1e3', '1gi', '.5']) assert.ok(!accepts(amount, text), text);
});
