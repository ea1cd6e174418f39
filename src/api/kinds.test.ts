/**
 * What Kubernetes' own strategies and printers answer (`testdata/`, written by `tools/judge`), asked of every built-in
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
const folder = new URL('./testdata/', import.meta.url);

for (const file of readdirSync(folder).toSorted()) {
  const name = file.replace('.json', '');
  const kind = builtInKinds.find(({ resource: { resource, group } }) =>
    [resource, `${resource}.${group}`].includes(name),
  );
  test(`${name} are ruled as Kubernetes rules them`, () => {
    assert.ok(kind);
    for (const one of JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as readonly Case[]) {
      const expected = one.ours ?? one.upstream;
      const mine = answerOf(kind, one);
      assert.deepEqual(comparable(mine, expected), comparable(expected, expected), `${one.op}: ${one.title}`);
    }
  });
}

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
  kind.setDefaults(draft);
  return draft;
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
