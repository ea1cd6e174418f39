import type { KubernetesObject } from '../../api/resource.ts';
import type { Representation } from './accept.ts';

/** The object without all that is not metadata: what garbage collectors and caches of names ask for. */
export function partialMetadata({ metadata }: KubernetesObject, version: Representation['version']): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata };
}
