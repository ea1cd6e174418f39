import type { ObjectMeta } from './schema/meta-v1.ts';

/** What every stored object has. */
export interface KubernetesObject {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: ObjectMeta;
}

/** Identity of a served resource. `T` is the type of its objects. */
export interface Resource<T extends KubernetesObject = KubernetesObject> {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural name, as in the URL. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Only for the compiler: ties the resource to the type of its objects. */
  readonly object?: T;
}

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `/api/v1/namespaces/n/pods/p/status` and its like. */
export function pathOf(
  resource: Resource,
  {
    namespace,
    name,
    subresource,
  }: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== undefined && namespace !== '' ? `/namespaces/${namespace}` : '';
  return `${root}${scope}/${resource.resource}${name === undefined ? '' : `/${name}`}${subresource === undefined ? '' : `/${subresource}`}`;
}
