import type { KindDefinition } from '../api/kind.ts';
import { apiVersionOf, type KubernetesObject, type Resource } from '../api/resource.ts';
import { builtInScalePaths, type ScalePaths } from './scale-paths.ts';

/** A resource as it is served in one group-version: a built-in kind, or one that a CustomResourceDefinition made. */
export interface ServedResource {
  readonly resource: Resource;
  readonly apiVersion: string;
  readonly definition: KindDefinition;
  /** Where its objects are stored; several group-versions may share one. */
  readonly bucket: string;
  /** Objects of custom resources keep what upstream's unstructured objects keep, e.g. apiVersion and kind in lists. */
  readonly isCustom: boolean;
  /** Where the Scale's numbers are; only with the scale subresource. */
  readonly scale?: ScalePaths | undefined;
  /** Only for a version that is not the stored one. */
  readonly conversion?: Conversion;
}

/** Between the stored shape and this version's; both give new objects. */
export interface Conversion {
  fromStorage(object: KubernetesObject): KubernetesObject;
  toStorage(object: KubernetesObject): KubernetesObject;
}

export function builtIn(definition: KindDefinition): ServedResource {
  const { resource } = definition;
  return {
    resource,
    apiVersion: apiVersionOf(resource),
    definition,
    bucket: bucketName(resource),
    isCustom: false,
    ...(definition.subresources.includes('scale') ? { scale: builtInScalePaths } : {}),
  };
}

export function bucketName({ group, resource }: { readonly group: string; readonly resource: string }): string {
  return group === '' ? resource : `${resource}.${group}`;
}

export function hasSubresource({ definition }: ServedResource, name: string): boolean {
  return definition.subresources.includes(name);
}
