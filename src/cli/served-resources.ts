import type { Resource } from '../api/resource.ts';

/** What a server serves, by what manifests say. */
export interface Served {
  find(apiVersion: string, kind: string): Resource | undefined;
}

interface DiscoveryList {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind: string };
        readonly scope: string;
        readonly singularResource: string;
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
      }[];
    }[];
  }[];
}

/** Reads aggregated discovery, as kubectl does. */
export async function served(client: { raw(path: string, accept?: string): Promise<unknown> }): Promise<Served> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const lists = await Promise.all([client.raw('/api', accept), client.raw('/apis', accept)]);
  const byKind = new Map<string, Resource>();
  for (const { items } of lists as DiscoveryList[]) {
    for (const group of items) {
      for (const { version, resources } of group.versions) {
        for (const each of resources ?? []) {
          const name = group.metadata.name ?? '';
          const kind = each.responseKind?.kind ?? '';
          byKind.set(`${name === '' ? version : `${name}/${version}`} ${kind}`, {
            group: name,
            version,
            resource: each.resource,
            singular: each.singularResource,
            kind,
            namespaced: each.scope === 'Namespaced',
            shortNames: each.shortNames ?? [],
            categories: each.categories ?? [],
          });
        }
      }
    }
  }
  return { find: (apiVersion, kind) => byKind.get(`${apiVersion} ${kind}`) };
}
