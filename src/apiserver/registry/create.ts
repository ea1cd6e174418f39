import { alreadyExists, ApiError, badRequest, invalid } from '../../api/error.ts';
import { required } from '../../api/field-error.ts';
import { uuid } from '../../std/random.ts';
import { hasSubresource, type ServedResource } from '../served-resource.ts';
import { deepFreeze } from '../store/deep-freeze.ts';
import { keyOf, StoredObject } from '../store/stored-object.ts';
import { admit, admitFinal } from './admit.ts';
import type { DraftObject } from './draft-object.ts';
import { UnclassifiedError } from '../wire/unclassified-error.ts';
import { generatedName } from './name-generator.ts';
import type { Registry, WriteContext } from './registry.ts';
import { timestamp } from '../../api/timestamps.ts';
import { isCustomMetadata, validateMetadata } from './validate-metadata.ts';

// apiserver pkg/registry/generic/registry: maxNameGenerationCreateAttempts.
const generatedNameAttempts = 8;

/**
 * Stores a new object (upstream rest.BeforeCreate and registry.Store.Create). The object is decoded and
 * defaulted, and belongs to this call. Rejects with BadRequest, AlreadyExists, Invalid, or what admission throws.
 */
export async function createObject(
  registry: Registry,
  served: ServedResource,
  namespace: string,
  object: DraftObject,
  context: WriteContext,
): Promise<StoredObject> {
  const { metadata } = object;
  const generateName = metadata.name === '' || metadata.name === undefined ? (metadata.generateName ?? '') : '';
  prepareMetadata(registry, served, namespace, object);
  for (let attempt = 1; ; attempt++) {
    if (generateName !== '') metadata.name = generatedName(generateName, registry.random);
    if (metadata.name === '' || metadata.name === undefined) {
      throw invalid(served.resource, '', [required('metadata.name', 'name or generateName is required')]);
    }
    try {
      return await put(registry, served, object, context);
    } catch (error) {
      const isCollision = error instanceof ApiError && error.reason === 'AlreadyExists' && generateName !== '';
      if (!isCollision || attempt === generatedNameAttempts) throw error;
    }
  }
}

function prepareMetadata(registry: Registry, served: ServedResource, namespace: string, object: DraftObject): void {
  const { definition, resource, apiVersion } = served;
  const { metadata } = object;
  object.apiVersion = apiVersion;
  object.kind = resource.kind;
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '') {
    throw new UnclassifiedError('resourceVersion should not be set on objects to be created');
  }
  placeInNamespace(served, object, namespace);
  metadata.uid = uuid(registry.random);
  metadata.creationTimestamp = timestamp(registry.clock.now());
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.managedFields;
  if (definition.hasGeneration) metadata.generation = 1;
  else delete metadata.generation;
}

async function put(
  registry: Registry,
  served: ServedResource,
  object: DraftObject,
  context: WriteContext,
): Promise<StoredObject> {
  const { store } = registry;
  const key = keyOf(object.metadata);
  return await store.write(store.bucket(served.bucket), key, (current) => {
    prepareAndValidate(registry, served, object, context);
    if (current !== undefined) throw alreadyExists(served.resource, object.metadata.name);
    const stored = served.conversion === undefined ? object : served.conversion.toStorage(object);
    return context.dryRun ? { keep: new StoredObject(key, deepFreeze(stored), 0) } : { put: stored };
  });
}

function prepareAndValidate(
  registry: Registry,
  served: ServedResource,
  object: DraftObject,
  context: WriteContext,
): void {
  const { definition, resource } = served;
  const { metadata } = object;
  const request = {
    operation: 'CREATE',
    resource,
    subresource: '',
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    object,
    old: undefined,
  } as const;
  admit(registry, request, context);
  if (hasSubresource(served, 'status') && !keepsStatusOnCreate(served)) {
    if (served.isCustom) delete object['status'];
    else object['status'] = {};
  }
  definition.prepareCreate?.(object);
  const validateName = (name: string): readonly string[] => definition.validateName(name);
  const errors = [
    ...validateMetadata(object, validateName, { isCustom: isCustomMetadata(served) }),
    ...definition.validateCreate(object),
  ];
  if (errors.length > 0) throw invalid(resource, metadata.name, errors);
  admitFinal(registry, request, context);
}

/** The request's namespace is the object's; one that the object names must agree. */
export function placeInNamespace({ resource }: ServedResource, { metadata }: DraftObject, namespace: string): void {
  if (!resource.namespaced) {
    delete metadata.namespace;
    return;
  }
  const own = metadata.namespace ?? '';
  if (own !== '' && own !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (namespace === '') throw badRequest('an empty namespace may not be set during creation');
  metadata.namespace = namespace;
}

/** A node registers itself together with its status: pkg/registry/core/node does not reset it. */
const keepsStatusOnCreate = ({ resource }: ServedResource): boolean =>
  resource.group === '' && resource.kind === 'Node';
