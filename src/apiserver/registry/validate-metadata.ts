import { forbiddenField, invalidValue, tooLong, type FieldError } from '../../api/field-error.ts';
import { asPrefix, byteLength, dns1123Label, qualifiedName, validLabelValue, type NameRule } from '../../api/names.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import type { ObjectMeta, OwnerReference } from '../../api/schema/meta-v1.ts';
import type { ServedResource } from '../served-resource.ts';
import { sameValue } from './same-value.ts';

// apimachinery pkg/api/validation/objectmeta.go: TotalAnnotationSizeLimitB.
const annotationsBytesMax = 256 * 1024;

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/**
 * What every object's metadata must keep to (ValidateObjectMeta). The name's rule is the kind's. Parts that are the
 * old object's own were judged when they came.
 */
export function validateMetadata(
  { metadata }: KubernetesObject,
  validateName: NameRule,
  { old, isCustom = false }: { readonly old?: KubernetesObject; readonly isCustom?: boolean } = {},
): readonly FieldError[] {
  const { name, generateName, namespace } = metadata;
  const { labels, annotations, ownerReferences, finalizers } = newParts(metadata, old?.metadata);
  const errors: FieldError[] = [];
  const wrong = (field: string, value: unknown, messages: readonly string[]): void => {
    for (const message of messages) errors.push(invalidValue(`metadata.${field}`, value, message));
  };
  if (generateName !== undefined && generateName !== '') {
    wrong('generateName', generateName, validateName(asPrefix(generateName)));
  }
  wrong('name', name, validateName(name));
  if (namespace !== undefined) wrong('namespace', namespace, dns1123Label(namespace));
  for (const [key, value] of Object.entries(labels ?? {})) {
    wrong('labels', key, qualifiedName(key));
    wrong('labels', value, validLabelValue(value));
  }
  let annotationsBytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    wrong('annotations', key, qualifiedName(key.toLowerCase()));
    annotationsBytes += byteLength(key) + byteLength(value);
  }
  if (annotationsBytes > annotationsBytesMax) errors.push(tooLong('metadata.annotations', annotationsBytesMax));
  errors.push(...ownerErrors(ownerReferences ?? []));
  for (const [index, finalizer] of (finalizers ?? []).entries()) {
    wrong('finalizers', finalizer, qualifiedName(finalizer));
    if (isCustom || finalizer.includes('/') || standardFinalizers.has(finalizer)) continue;
    wrong(`finalizers[${index}]`, finalizer, ['name is neither a standard finalizer name nor is it fully qualified']);
  }
  if (finalizers?.includes('orphan') === true && finalizers.includes('foregroundDeletion')) {
    wrong('finalizers', finalizers, ['finalizer orphan and foregroundDeletion cannot be both set']);
  }
  return errors;
}

/** Upstream's own kinds are held to fully qualified finalizers; custom ones and their definitions are warned. */
export function isCustomMetadata({ isCustom, resource }: ServedResource): boolean {
  return isCustom || resource.group === 'apiextensions.k8s.io';
}

function newParts(metadata: ObjectMeta, old: ObjectMeta | undefined): Partial<ObjectMeta> {
  if (old === undefined) return metadata;
  return {
    labels: metadata.labels === old.labels ? undefined : metadata.labels,
    annotations: metadata.annotations === old.annotations ? undefined : metadata.annotations,
    ownerReferences: metadata.ownerReferences === old.ownerReferences ? undefined : metadata.ownerReferences,
    finalizers: metadata.finalizers === old.finalizers ? undefined : metadata.finalizers,
  };
}

function ownerErrors(owners: readonly OwnerReference[]): readonly FieldError[] {
  const errors: FieldError[] = [];
  const field = 'metadata.ownerReferences';
  let controller: string | undefined;
  for (const owner of owners) {
    if (owner.apiVersion === '') {
      errors.push(invalidValue(`${field}.apiVersion`, owner.apiVersion, 'version must not be empty'));
    }
    for (const part of ['kind', 'name', 'uid'] as const) {
      if (owner[part] === '') errors.push(invalidValue(`${field}.${part}`, '', 'must not be empty'));
    }
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
      errors.push(invalidValue(field, owner, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (owner.controller !== true) continue;
    const me = `${owner.kind}/${owner.name}`;
    if (controller === undefined) controller = me;
    else {
      const message = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${me}`;
      errors.push(invalidValue(field, owners, message));
    }
  }
  return errors;
}

/** What an update may not change (ValidateObjectMetaUpdate). */
export function validateMetadataUpdate(object: KubernetesObject, old: KubernetesObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { metadata } = object;
  if (old.metadata.deletionTimestamp !== undefined) {
    const before = old.metadata.finalizers ?? [];
    const extra = (metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer)).sort();
    if (extra.length > 0) {
      const list = extra.map((finalizer) => JSON.stringify(finalizer)).join(', ');
      const message = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      errors.push(forbiddenField('metadata.finalizers', message));
    }
  }
  for (const field of immutableFields) {
    if (sameValue(metadata[field], old.metadata[field])) continue;
    errors.push(invalidValue(`metadata.${field}`, metadata[field], 'field is immutable'));
  }
  return errors;
}

const immutableFields = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;
