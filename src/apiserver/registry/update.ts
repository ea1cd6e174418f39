import { badRequest, conflict, invalid, notFound } from '../../api/error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import { copyJson } from '../../api/schema/json-value.ts';
import { hasSubresource, type ServedResource } from '../served-resource.ts';
import { deepFreeze } from '../store/deep-freeze.ts';
import type { Decision } from '../store/store.ts';
import { keyOf, StoredObject } from '../store/stored-object.ts';
import { admit, admitFinal } from './admit.ts';
import { placeInNamespace } from './create.ts';
import type { DraftObject } from './draft-object.ts';
import { namespaceFinalizers } from './namespace-finalizers.ts';
import type { Registry, WriteContext } from './registry.ts';
import { reuse } from './reuse.ts';
import { sameValue } from './same-value.ts';
import { isCustomMetadata, validateMetadata, validateMetadataUpdate } from './validate-metadata.ts';

export interface UpdateTarget {
  readonly namespace: string;
  readonly name: string;
  /** '' for the object itself; `status` changes only the status, anything else (`finalize`, `resize`) what `change` says. */
  readonly subresource: string;
  readonly isPatch?: boolean;
}

/**
 * Replaces an object by what `change` makes of the current one, in one step (upstream rest.BeforeUpdate and
 * registry.Store.Update). `change` returns a decoded, defaulted object of its own.
 * An update that changes nothing writes nothing. The last finalizer's removal deletes.
 * Rejects with NotFound, Conflict, BadRequest, Invalid, or what admission throws.
 */
export async function updateObject(
  registry: Registry,
  served: ServedResource,
  target: UpdateTarget,
  change: (current: KubernetesObject) => DraftObject,
  context: WriteContext,
): Promise<StoredObject> {
  const { store } = registry;
  const key = keyOf(target);
  return await store.write(store.bucket(served.bucket), key, (current) => {
    if (current === undefined) throw notFound(served.resource, target.name);
    const old = served.conversion === undefined ? current.object : served.conversion.fromStorage(current.object);
    const object = change(old);
    checkIdentity(served, target, object, old);
    const request = { operation: 'UPDATE', resource: served.resource, ...target, object, old } as const;
    admit(registry, request, context);
    prepare(served, target, object, old);
    reuseParts(object, old);
    growGeneration(served, target, object, old);
    const errors = validate(served, target, object, old);
    if (errors.length > 0) throw invalid(served.resource, target.name, errors);
    admitFinal(registry, request, context);
    return decide(served, object, current, context);
  });
}

/** What did not change is the old object's own: then comparing and freezing it are looking at it. */
function reuseParts(object: DraftObject, old: KubernetesObject): void {
  const { metadata } = object;
  for (const field in object) {
    if (field !== 'metadata') object[field] = reuse((old as DraftObject)[field], object[field]);
  }
  for (const field in metadata) {
    const name = field as keyof typeof metadata;
    Object.assign(metadata, { [name]: reuse(old.metadata[name], metadata[name]) });
  }
}

function decide(
  served: ServedResource,
  object: DraftObject,
  current: StoredObject,
  { dryRun }: WriteContext,
): Decision {
  const stored = served.conversion === undefined ? object : served.conversion.toStorage(object);
  if (sameValue(stored, current.object)) return { keep: current };
  if (dryRun) return { keep: new StoredObject(current.key, deepFreeze(stored), current.revision) };
  return isDone(served, object, current.object) ? { delete: stored } : { put: stored };
}

/** Whether nothing holds a terminating object any more (upstream ShouldDeleteDuringUpdate). */
function isDone(served: ServedResource, object: DraftObject, { metadata }: KubernetesObject): boolean {
  if (metadata.deletionTimestamp === undefined || (metadata.deletionGracePeriodSeconds ?? 0) > 0) return false;
  return (object.metadata.finalizers ?? []).length === 0 && namespaceFinalizers(served, object).length === 0;
}

function checkIdentity(
  served: ServedResource,
  { namespace, name, subresource, isPatch = false }: UpdateTarget,
  object: DraftObject,
  old: KubernetesObject,
): void {
  const { resource, definition, apiVersion } = served;
  const { metadata } = object;
  object.apiVersion = apiVersion;
  object.kind = resource.kind;
  if (metadata.name === '' || metadata.name === undefined) metadata.name = name;
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  placeInNamespace(served, object, namespace);
  // A draft may lack what its type says every stored object has.
  const { resourceVersion = '', uid = '' } = metadata as Partial<typeof metadata>;
  // A patch may name another uid: then it tries to change it.
  if (uid !== '' && uid !== old.metadata.uid && !isPatch) {
    const root = served.isCustom ? `${resource.group}/${resource.resource}` : resource.resource;
    const key = `/registry/${root}/${keyOf({ namespace, name })}`;
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    const error = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`;
    throw conflict(resource, name, error);
  }
  if (resourceVersion === '' && subresource === '' && !definition.allowsUnconditionalUpdate) {
    const error: FieldError = {
      reason: 'FieldValueInvalid',
      field: 'metadata.resourceVersion',
      detail: 'Invalid value: 0: must be specified for an update',
    };
    // Upstream names the resource here where it names the kind elsewhere.
    throw invalid({ group: resource.group, kind: resource.resource }, name, [error]);
  }
  if (resourceVersion !== '' && resourceVersion !== old.metadata.resourceVersion) {
    const why = 'the object has been modified; please apply your changes to the latest version and try again';
    throw conflict(resource, name, why);
  }
}

function prepare(
  served: ServedResource,
  { subresource }: UpdateTarget,
  object: DraftObject,
  old: KubernetesObject,
): void {
  const { definition } = served;
  if (subresource === 'status') keepAllButStatus(served, object, old);
  else if (hasSubresource(served, 'status')) keepField(object, old, 'status');
  keepSystemMetadata(object, old);
  if (subresource === 'status') definition.prepareStatusUpdate?.(object, old);
  // namespaces/finalize is there to change what an ordinary update may not.
  else if (subresource !== 'finalize') definition.prepareUpdate?.(object, old);
}

/** The strategy of the kind may have done so already. */
function growGeneration(
  served: ServedResource,
  { subresource }: UpdateTarget,
  { metadata, ...fields }: DraftObject,
  old: KubernetesObject,
): void {
  const { generation } = metadata;
  if (subresource === 'status' || !served.definition.hasGeneration || generation !== old.metadata.generation) return;
  const ignored = hasSubresource(served, 'status') ? 'status' : '';
  const names = new Set([...Object.keys(fields), ...Object.keys(old)]);
  for (const name of names) {
    if (name === 'metadata' || name === ignored || fields[name] === (old as DraftObject)[name]) continue;
    metadata.generation = (generation ?? 0) + 1;
    return;
  }
}

/** A status write changes the status, and of the metadata of built-in kinds what their owners may note there. */
function keepAllButStatus(served: ServedResource, object: DraftObject, old: KubernetesObject): void {
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (field === 'status' || field === 'metadata') continue;
    const value = (old as DraftObject)[field];
    if (value === undefined) delete object[field];
    // Frozen, as it is: the strategies of status writes change nothing but the status.
    else object[field] = value;
  }
  const { labels, annotations, finalizers } = object.metadata;
  object.metadata = { ...old.metadata } as DraftObject['metadata'];
  if (!served.isCustom) assignDefined(object.metadata, { labels, annotations, finalizers });
}

function assignDefined(target: object, fields: Readonly<Record<string, unknown>>): void {
  const record = target as Record<string, unknown>;
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined) delete record[field];
    else record[field] = value;
  }
}

function keepField(object: DraftObject, old: KubernetesObject, field: string): void {
  const value = (old as DraftObject)[field];
  if (value === undefined) delete object[field];
  // A copy: the strategy of the kind may change it in place.
  else object[field] = copyJson(value);
}

function keepSystemMetadata({ metadata }: DraftObject, old: KubernetesObject): void {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation, resourceVersion } =
    old.metadata;
  assignDefined(metadata, {
    uid: (metadata.uid ?? '') === '' ? uid : metadata.uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    resourceVersion,
    selfLink: undefined,
    managedFields: undefined,
  });
}

function validate(
  served: ServedResource,
  { subresource }: UpdateTarget,
  object: DraftObject,
  old: KubernetesObject,
): readonly FieldError[] {
  const { definition } = served;
  const validateName = (): readonly string[] => [];
  const metadataErrors = [
    ...validateMetadata(object, validateName, { old, isCustom: isCustomMetadata(served) }),
    ...validateMetadataUpdate(object, old),
  ];
  if (subresource !== 'status') return [...metadataErrors, ...definition.validateUpdate(object, old)];
  return [...metadataErrors, ...(definition.validateStatusUpdate?.(object, old) ?? [])];
}
