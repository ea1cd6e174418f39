import { ApiError, badRequest } from '../api/error.ts';
import type { KubernetesObject, Resource } from '../api/resource.ts';
import type { Client, ListOptions, ObjectKey, ObjectList, Watch, WatchOptions } from '../machinery/client.ts';
import { decodeOwn, decodeOwnStatus } from './decode.ts';
import { patched } from './patching.ts';
import { createObject } from './registry/create.ts';
import { deleteObject } from './registry/delete.ts';
import { listObjects } from './registry/list.ts';
import { getObject } from './registry/read.ts';
import type { Registry, WriteContext } from './registry/registry.ts';
import { selectionOf } from './registry/selection.ts';
import { updateObject } from './registry/update.ts';
import { watchObjects } from './registry/watch.ts';
import { hasSubresource, type ServedResource } from './served-resource.ts';
import { postSubresource } from './subresources/post.ts';
import { getScale, scaleStruct, updateScale, type Scale } from './subresources/scale.ts';
import { systemUser } from './system-user.ts';

/** The Client port straight on the registry: nothing is serialised, objects are shared and frozen. */
export function inProcessClient(registry: Registry): Client {
  const servedOf = (resource: Resource, subresource = ''): ServedResource => {
    const served = registry.resources.find(resource);
    if (served !== undefined && (subresource === '' || hasSubresource(served, subresource))) return served;
    throw new ApiError('NotFound', 'the server could not find the requested resource');
  };
  const asT = <T>(object: KubernetesObject): T => object as T;

  return {
    async get(resource, key, { subresource = '' } = {}) {
      const served = servedOf(resource, subresource);
      if (subresource === 'scale') return asT(getScale(registry, served, full(key)));
      return asT(getObject(registry, served, key).object);
    },

    async list<T extends KubernetesObject>(resource: Resource<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
      const served = servedOf(resource);
      const { revision, items, ...rest } = listObjects(registry, served, selectionOf(served, options), options);
      return {
        metadata: {
          resourceVersion: String(revision),
          ...(rest.continue === undefined ? {} : { continue: rest.continue }),
          ...(rest.remainingItemCount === undefined ? {} : { remainingItemCount: rest.remainingItemCount }),
        },
        items: items.map(({ object }) => object as T),
      };
    },

    watch: (resource, options) => watch(registry, servedOf(resource), options),

    async create(resource, object, options = {}) {
      const served = servedOf(resource);
      const draft = decodeOwn(served, object);
      const namespace = draft.metadata.namespace ?? '';
      return asT((await createObject(registry, served, namespace, draft, contextOf(options))).object);
    },

    async update(resource, object, options = {}) {
      const { subresource = '' } = options;
      const served = servedOf(resource, subresource);
      const target = { ...full(object.metadata), subresource };
      if (subresource === 'scale') {
        return asT(await updateScale(registry, served, target, () => object as unknown as Scale, contextOf(options)));
      }
      const change = (current: KubernetesObject) =>
        subresource === 'status' ? decodeOwnStatus(served, object, current) : decodeOwn(served, object);
      return asT((await updateObject(registry, served, target, change, contextOf(options))).object);
    },

    async patch(resource, key, patch, options = {}) {
      const { subresource = '' } = options;
      const served = servedOf(resource, subresource);
      const target = { ...full(key), subresource, isPatch: true };
      if (subresource === 'scale') {
        const change = (scale: Scale): Scale => patched(scaleStruct, scale, patch) as Scale;
        return asT(await updateScale(registry, served, target, change, contextOf(options)));
      }
      const change = (current: KubernetesObject) => {
        const next = patched(served.struct, current, patch);
        return subresource === 'status' ? decodeOwnStatus(served, next, current) : decodeOwn(served, next);
      };
      return asT((await updateObject(registry, served, target, change, contextOf(options))).object);
    },

    async delete(resource, key, options = {}) {
      const request = { ...options, ...full(key) };
      const { stored, isGone } = await deleteObject(registry, servedOf(resource), request, contextOf({}));
      return isGone ? undefined : asT(stored.object);
    },

    post: (resource, key, subresource, body) =>
      postSubresource(registry, servedOf(resource, subresource), full(key), subresource, body, contextOf({})),
  };
}

function watch<T extends KubernetesObject>(
  registry: Registry,
  served: ServedResource,
  { resourceVersion, onEvent, onEnd, ...selector }: WatchOptions<T>,
): Watch {
  let isOver = false;
  let events: ReturnType<typeof watchObjects> | undefined;
  const end = (error: unknown): void => {
    isOver = true;
    events?.stop();
    if (!(error instanceof ApiError)) throw error;
    onEnd(error);
  };
  const deliver = (): void => {
    if (events === undefined) return;
    for (;;) {
      if (isOver) return;
      let event;
      try {
        event = events.take();
      } catch (error) {
        return end(error);
      }
      if (event === undefined) return;
      onEvent({ type: event.type, object: event.stored.object as T });
    }
  };
  queueMicrotask(() => {
    if (isOver) return;
    try {
      const revision = Number(resourceVersion);
      if (!/^[1-9][0-9]*$/.test(resourceVersion)) throw badRequest(`invalid resource version "${resourceVersion}"`);
      events = watchObjects(registry, served, selectionOf(served, selector), revision, deliver);
    } catch (error) {
      return end(error);
    }
    deliver();
  });
  return {
    stop() {
      isOver = true;
      events?.stop();
    },
  };
}

const full = ({ namespace = '', name }: ObjectKey): { readonly namespace: string; readonly name: string } => ({
  namespace,
  name,
});

const contextOf = ({ dryRun = false }: { readonly dryRun?: boolean | undefined }): WriteContext => ({
  user: systemUser,
  dryRun,
});
