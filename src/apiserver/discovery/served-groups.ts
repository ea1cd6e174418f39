import type { AggregatedApi } from '../backends.ts';
import { subresourceVerbs } from '../endpoints/dispatch.ts';
import type { ResourceTable } from '../resource-table.ts';
import type { ServedResource } from '../served-resource.ts';

/** All that discovery tells, before it is put into one of its forms. */
export interface ServedGroup {
  readonly name: string;
  /** Preferred first. */
  readonly versions: readonly { readonly version: string; readonly resources: readonly DiscoveredResource[] }[];
}

export interface DiscoveredResource {
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly DiscoveredSubresource[];
}

export interface DiscoveredSubresource {
  readonly name: string;
  readonly verbs: readonly string[];
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** In the order of apiextensions-apiserver. */
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** Built-in groups come in upstream's order of priority, then custom and aggregated ones by name. */
const groupOrder = [
  '',
  'events.k8s.io',
  'autoscaling',
  'apps',
  'policy',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'apiextensions.k8s.io',
];

export function servedGroups(table: ResourceTable, aggregated: readonly AggregatedApi[]): readonly ServedGroup[] {
  const groups = new Map<string, Map<string, DiscoveredResource[]>>();
  const add = (group: string, version: string, resource: DiscoveredResource): void => {
    const versions = groups.get(group) ?? new Map<string, DiscoveredResource[]>();
    groups.set(group, versions);
    versions.set(version, [...(versions.get(version) ?? []), resource]);
  };
  for (const served of table.all()) add(served.resource.group, served.resource.version, discovered(served));
  for (const { group, version, resources } of aggregated) {
    for (const resource of resources) {
      add(group, version, { ...resource, shortNames: [], categories: [], subresources: [] });
    }
  }
  return [...groups]
    .map(([name, versions]) => ({
      name,
      versions: [...versions]
        .map(([version, resources]) => ({ version, resources: resources.toSorted(byName) }))
        .toSorted((a, b) => compareVersions(a.version, b.version)),
    }))
    .toSorted((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

const byName = (a: DiscoveredResource, b: DiscoveredResource): number => (a.resource < b.resource ? -1 : 1);

function rank(group: string): number {
  const index = groupOrder.indexOf(group);
  return index === -1 ? groupOrder.length : index;
}

export function discovered({ resource, definition, isCustom }: ServedResource): DiscoveredResource {
  const { group, version, kind } = resource;
  const kinds: Readonly<Record<string, DiscoveredSubresource['kind']>> = {
    binding: { group: '', version: 'v1', kind: 'Binding' },
    eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
    scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  };
  return {
    resource: resource.resource,
    singular: resource.singular,
    kind,
    namespaced: resource.namespaced,
    shortNames: resource.shortNames,
    categories: resource.categories,
    verbs: definition.verbs ?? (isCustom ? customVerbs : allVerbs),
    subresources: (isCustom ? definition.subresources : definition.subresources.toSorted()).map((name) => ({
      name,
      verbs: subresourceVerbs[name] ?? [],
      kind: kinds[name] ?? { group, version, kind },
    })),
  };
}

/** GA before beta before alpha, higher numbers first, anything else last by name (apimachinery pkg/version). */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parsed(a), parsed(b)];
  if (left === undefined || right === undefined) {
    return left === right ? (a < b ? -1 : a > b ? 1 : 0) : left === undefined ? 1 : -1;
  }
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor;
}

function parsed(version: string): { stability: number; major: number; minor: number } | undefined {
  const match = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/.exec(version);
  if (match === null) return undefined;
  const stability = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return { stability, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}
