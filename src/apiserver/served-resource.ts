import { fromCoreEvent, toCoreEvent } from '../api/events.k8s.io/v1/event.ts';
import type { KindDefinition } from '../api/kind.ts';
import { apiVersionOf, type KubernetesObject, type Resource } from '../api/resource.ts';
import { events, eventsV1 } from '../api/resources.ts';
import type { Event as CoreEvent } from '../api/schema/core-v1.ts';
import type { JsonObject } from '../api/schema/json-value.ts';
import { decode, type Decoded } from '../api/schema/decode.ts';
import type { Event } from '../api/schema/events-v1.ts';
import { structOfKind, type Struct } from '../api/schema/struct.ts';
import type { DraftObject } from './registry/draft-object.ts';
import { beginTermination, isNamespace } from './registry/namespace-finalizers.ts';
import { builtInScalePaths, type ScalePaths } from './scale-paths.ts';

/** A resource as it is served in one group-version: a built-in kind, or one that a CustomResourceDefinition made. */
export interface ServedResource {
  readonly resource: Resource;
  readonly apiVersion: string;
  /** Kind of its lists. */
  readonly listKind: string;
  readonly definition: KindDefinition;
  /** Where its objects are stored; several group-versions may share one. */
  readonly bucket: string;
  /** Objects of custom resources are what upstream's unstructured objects are, e.g. name apiVersion and kind in lists. */
  readonly isCustom: boolean;
  /** Where the Scale's numbers are; only with the scale subresource. */
  readonly scale?: ScalePaths | undefined;
  /** Marks the object on its first deletion, for kinds whose deletion somebody carries out: namespaces, definitions. */
  readonly onDeletion?: ((object: DraftObject, nowMs: number) => void) | undefined;
  /** Only for a version that is not the stored one. */
  readonly conversion?: Conversion | undefined;
  /** openAPIV3Schema of a custom resource. */
  readonly schema?: JsonObject | undefined;
  /** How lists merge in strategic patches; none for custom resources. */
  readonly struct: Struct | undefined;
  /** Into canonical form, without defaults. Throws DecodeError. The input is not changed but may be shared. */
  decode(value: unknown, options: { readonly copy: boolean }): Decoded;
}

/** Between the stored shape and this version's; both give new objects. */
export interface Conversion {
  fromStorage(object: KubernetesObject): KubernetesObject;
  toStorage(object: KubernetesObject): KubernetesObject;
}

/** Throws for a kind that the schema tables do not hold. */
export function builtIn(definition: KindDefinition): ServedResource {
  const { resource } = definition;
  const struct = structOfKind(resource.group, resource.version, resource.kind);
  if (struct === undefined) throw new Error(`bug: no schema of ${apiVersionOf(resource)} ${resource.kind}`);
  const isNewEvent = resource.group === eventsV1.group && resource.resource === eventsV1.resource;
  return {
    resource,
    apiVersion: apiVersionOf(resource),
    listKind: `${resource.kind}List`,
    definition,
    bucket: bucketName(isNewEvent ? events : resource),
    isCustom: false,
    onDeletion: isNamespace(resource) ? beginTermination : undefined,
    scale: definition.subresources.includes('scale') ? builtInScalePaths : undefined,
    conversion: isNewEvent ? eventConversion : undefined,
    struct,
    decode: (value, options) => decode(struct, value, options),
  };
}

/** One store of events, two shapes. */
const eventConversion: Conversion = {
  fromStorage: (object) => fromCoreEvent(object as CoreEvent),
  toStorage: (object) => toCoreEvent(object as Event),
};

export function bucketName({ group, resource }: { readonly group: string; readonly resource: string }): string {
  return group === '' ? resource : `${resource}.${group}`;
}

export function hasSubresource({ definition }: ServedResource, name: string): boolean {
  return definition.subresources.includes(name);
}
