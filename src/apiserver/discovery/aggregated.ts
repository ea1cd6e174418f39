import type { DiscoveredResource, ServedGroup } from './served-groups.ts';

/** apidiscovery.k8s.io APIGroupDiscoveryList: everything in one answer. */
export function aggregatedDiscovery(groups: readonly ServedGroup[], version: 'v2' | 'v2beta1'): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name === '' ? { creationTimestamp: null } : { name, creationTimestamp: null },
      versions: versions.map((one) => ({
        version: one.version,
        resources: one.resources.map((resource) => resourceOf(name, one.version, resource)),
        freshness: 'Current',
      })),
    })),
  };
}

function resourceOf(group: string, version: string, resource: DiscoveredResource): object {
  const { shortNames, categories, subresources } = resource;
  return {
    resource: resource.resource,
    responseKind: { group, version, kind: resource.kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map(({ name, kind, verbs }) => ({ subresource: name, responseKind: kind, verbs })),
        }),
  };
}
