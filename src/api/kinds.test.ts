/**
 * What Kubernetes' own strategies and printers answer (`testdata/kinds/`, written by `tools/judge`), asked of every built-in
 * kind: defaults, preparation, causes, warnings, columns and cells. Where we answer otherwise the case says why.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { validateMetadata, validateMetadataUpdate } from '../apiserver/registry/validate-metadata.ts';
import type { FieldError } from './field-error.ts';
import type { KindDefinition, Mutable } from './kind.ts';
import { builtInKinds } from './kinds.ts';
import type { KubernetesObject } from './resource.ts';
import { DecodeError } from './schema/decode-error.ts';
import { decode } from './schema/decode.ts';
import { structOfKind } from './schema/struct.ts';

type Cause = readonly [type: string, field: string, message: string];
type Wire = Record<string, unknown>;

interface Answer {
  readonly causes?: readonly Cause[];
  readonly warnings?: readonly string[];
  readonly object?: Wire;
  readonly columns?: readonly unknown[];
  readonly cells?: readonly unknown[];
}

interface Case {
  readonly title: string;
  readonly op: 'create' | 'update' | 'status' | 'table';
  readonly object: Wire;
  readonly old?: Wire;
  readonly why?: string;
  readonly ours?: Answer;
  readonly upstream: Answer;
}

// Half a second past the full one that timestamps are cut to.
const now = Date.parse('2026-06-01T12:00:00.500Z');
const folder = new URL('./testdata/kinds/', import.meta.url);

const suites = readdirSync(folder)
  .toSorted()
  .map((file): readonly [KindDefinition, readonly Case[]] => {
    const name = file.replace('.json', '');
    const kind = builtInKinds.find(({ resource: { resource, group } }) =>
      [resource, `${resource}.${group}`].includes(name),
    );
    assert.ok(kind, name);
    return [kind, JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as readonly Case[]];
  });

for (const [kind, cases] of suites)
  test(`${kind.resource.resource} of ${kind.resource.group || 'core'} are ruled as Kubernetes rules them`, () => {
    for (const one of cases) {
      const expected = one.ours ?? one.upstream;
      const mine = answerOf(kind, one);
      assert.deepEqual(comparable(mine, expected), comparable(expected, expected), `${one.op}: ${one.title}`);
    }
  });

test('every kind has its cases', () => {
  assert.deepEqual(new Set(suites.map(([kind]) => kind)), new Set(builtInKinds));
});

function answerOf(kind: KindDefinition, one: Case): Answer {
  const object = read(kind, one.object);
  if (one.op === 'table') {
    return {
      columns: kind.columns.map(({ name, type, format = '', priority = 0 }) => [name, type, format, priority]),
      cells: kind.columns.map((column) => column.cell(object, now)),
    };
  }
  const old = one.old === undefined ? undefined : read(kind, one.old);
  const errors = old === undefined ? created(kind, object) : written(kind, object, old, one.op);
  if (errors.length > 0) return { causes: errors.map(({ reason, field, detail }) => [reason, field, detail]) };
  const warnings = one.op === 'status' ? [] : (kind.warnings?.(object) ?? []);
  return { warnings, object: object as unknown as Wire };
}

function read(kind: KindDefinition, wire: Wire): Mutable<KubernetesObject> {
  const { group, version, kind: name } = kind.resource;
  const struct = structOfKind(group, version, name);
  assert.ok(struct);
  const text = JSON.stringify(wire).replaceAll(/"ago (-?\d+)(\.0{6})?s"/g, (_, seconds: string, micros = '') =>
    JSON.stringify(new Date(now - Number(seconds) * 1000).toISOString().replace(/\.\d+Z/, `${micros}Z`)),
  );
  const { object } = decode(struct, JSON.parse(text));
  const draft = object as unknown as Mutable<KubernetesObject>;
  // The registry's: every object has them before its kind sees it.
  draft.metadata = { ...draft.metadata, name: draft.metadata?.name ?? '' };
  kind.setDefaults(draft);
  return draft;
}

test('defaults are given once', () => {
  for (const [kind, { object }] of everyCase(['create', 'table'])) {
    const once = read(kind, object);
    const twice = structuredClone(once);
    kind.setDefaults(twice);
    assert.deepEqual(twice, once);
  }
});

test('whatever can be decoded is ruled and printed without a stumble', () => {
  const strange = [undefined, null, '', '\0', 'x'.repeat(300), 0, -1, {}, [], [null]];
  for (const [kind, cases] of suites) {
    const { object, title } = richest(cases);
    for (const [parent, key] of places(object)) {
      const before = parent[key];
      for (const value of strange) {
        parent[key] = value;
        survives(kind, object, `${title}, ${key} = ${JSON.stringify(value)}`);
      }
      parent[key] = before;
    }
  }
});

function everyCase(ops: readonly Case['op'][]): readonly (readonly [KindDefinition, Case])[] {
  return suites.flatMap(([kind, cases]) =>
    cases.filter(({ op }) => ops.includes(op)).map((one) => [kind, one] as const),
  );
}

function richest(cases: readonly Case[]): Case {
  const sizes = cases.map(({ op, object }) => (op === 'table' ? 0 : JSON.stringify(object).length));
  return cases[sizes.indexOf(Math.max(...sizes.filter((size) => size < 2000)))]!;
}

function* places(value: unknown): Generator<readonly [Record<string, unknown>, string]> {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    yield [value as Record<string, unknown>, key];
    yield* places((value as Record<string, unknown>)[key]);
  }
}

function survives(kind: KindDefinition, wire: Wire, what: string): void {
  let object: Draft;
  try {
    object = read(kind, wire);
  } catch (error) {
    assert.ok(error instanceof DecodeError, what);
    return;
  }
  try {
    for (const column of kind.columns) column.cell(object, now);
    for (const select of Object.values(kind.selectableFields)) assert.equal(typeof select(object), 'string');
    const old = structuredClone(object);
    if (created(kind, object).length === 0) written(kind, object, old, 'update');
    kind.warnings?.(object);
  } catch (cause) {
    throw new Error(`${kind.resource.resource}: ${what}`, { cause });
  }
}

type Draft = Mutable<KubernetesObject> & { status?: unknown };

function created(kind: KindDefinition, object: Draft): readonly FieldError[] {
  // A kubelet registers its node together with a status.
  if (kind.subresources.includes('status') && kind.resource.resource !== 'nodes') object.status = {};
  kind.prepareCreate?.(object);
  return [...validateMetadata(object, (name) => kind.validateName(name)), ...kind.validateCreate(object)];
}

function written(kind: KindDefinition, object: Draft, old: Draft, op: Case['op']): readonly FieldError[] {
  if (op === 'status') {
    Object.assign(object, structuredClone({ ...old, metadata: object.metadata, status: object.status }));
    kind.prepareStatusUpdate?.(object, old);
    return kind.validateStatusUpdate?.(object, old) ?? [];
  }
  if (kind.subresources.includes('status')) object.status = structuredClone(old.status);
  kind.prepareUpdate?.(object, old);
  return [
    ...validateMetadata(object, () => []),
    ...validateMetadataUpdate(object, old),
    ...kind.validateUpdate(object, old),
  ];
}

/** Causes and warnings in any order and once; of what the expected answer does not name, nothing. */
function comparable(answer: Answer, expected: Answer): Answer {
  const { causes = [], warnings = [], object, columns, cells } = answer;
  const sorted = [...new Set(causes.map((cause) => JSON.stringify(cause)))].toSorted();
  return {
    causes: sorted.map((text) => JSON.parse(text) as Cause),
    warnings: warnings.toSorted(),
    ...(expected.object === undefined || object === undefined ? {} : { object: pruned(object) as Wire }),
    ...(columns === undefined ? {} : { columns, cells }),
  };
}

/** Go writes some empty lists, maps and nulls that we leave out. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? value.map(pruned) : undefined;
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value ?? {})
    .filter(([key]) => !['generation', 'resourceVersion', 'creationTimestamp'].includes(key))
    .map(([key, part]) => [key, pruned(part)] as const)
    .filter(([, part]) => part !== undefined);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
