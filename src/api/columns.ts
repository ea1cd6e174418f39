import { ageText } from './duration-text.ts';
import type { Column } from './kind.ts';
import type { KubernetesObject } from './resource.ts';
import type { PodTemplateSpec } from './schema/core-v1.ts';

/** The columns that most tables share (upstream pkg/printers/internalversion). */
export const nameColumn: Column<KubernetesObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: ({ metadata }) => metadata.name,
};

export const ageColumn: Column<KubernetesObject> = {
  name: 'Age',
  type: 'string',
  cell: ({ metadata }, nowMs) => ageText(metadata.creationTimestamp, nowMs),
};

export function textColumn<T>(name: string, cell: (object: T, nowMs: number) => string): Column<T> {
  return { name, type: 'string', cell };
}

/** A number under a column that upstream declares as a string. */
export function countColumn<T>(name: string, cell: (object: T) => number): Column<T> {
  return { name, type: 'string', cell };
}

export function integerColumn<T>(name: string, cell: (object: T) => number): Column<T> {
  return { name, type: 'integer', cell };
}

/** Shown with `-o wide` alone. */
export function wide<T>(column: Column<T>): Column<T> {
  return { ...column, priority: 1 };
}

/** Names and images of a template's containers. */
export function containerColumns<
  T extends { readonly spec: { readonly template: PodTemplateSpec } },
>(): readonly Column<T>[] {
  return [
    wide(textColumn('Containers', ({ spec }) => containers(spec.template, 'name'))),
    wide(textColumn('Images', ({ spec }) => containers(spec.template, 'image'))),
  ];
}

function containers(template: PodTemplateSpec, field: 'name' | 'image'): string {
  return template.spec.containers.map((container) => container[field] ?? '').join(',');
}

/** Labels as `a=b,c=d`, sorted; `<none>` without any. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.toSorted().join(',');
}

/** The first three of a list and how many more there are. */
export function firstThree(list: readonly string[], whenEmpty: string): string {
  if (list.length > 3) return `${list.slice(0, 3).join(',')} + ${list.length - 3} more...`;
  const text = list.join(',');
  return text === '' ? whenEmpty : text;
}
