import type { ApiError } from '../api/error.ts';
import type { KubernetesObject, Resource } from '../api/resource.ts';
import type { Draft } from '../api/schema/draft.ts';

/**
 * The Kubernetes API as every component sees it: in the process (local, twin) or over HTTPS
 * (cluster, gateway, CLI). Objects that come back are frozen or private: never change them.
 * All methods reject with ApiError.
 */
export interface Client {
  /** With a subresource the answer is that subresource's object, e.g. autoscaling/v1 Scale for `scale`. */
  get<T extends KubernetesObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options?: { readonly subresource?: string | undefined },
  ): Promise<T>;
  list<T extends KubernetesObject>(resource: Resource<T>, options?: ListOptions): Promise<ObjectList<T>>;
  /** Events in order; ends exactly once through `onEnd` unless stopped. Objects of events before `onEnd` were all delivered. */
  watch<T extends KubernetesObject>(resource: Resource<T>, options: WatchOptions<T>): Watch;
  create<T extends KubernetesObject>(resource: Resource<T>, object: Draft<T>, options?: WriteOptions): Promise<T>;
  /** Replaces the object; a set metadata.resourceVersion must be current. */
  update<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions & { readonly subresource?: string },
  ): Promise<T>;
  patch<T extends KubernetesObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions & { readonly subresource?: string },
  ): Promise<T>;
  /** The object itself when it only began to terminate, undefined when it is gone. */
  delete<T extends KubernetesObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options?: DeleteOptions,
  ): Promise<T | undefined>;
  /** POST to a subresource: `binding`, `eviction`. */
  post(resource: Resource, key: ObjectKey, subresource: string, body: object): Promise<unknown>;
}

/** `namespace` is '' or absent for cluster-scoped resources. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ListOptions {
  /** All namespaces when absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface ObjectList<T> {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string | undefined;
    readonly remainingItemCount?: number | undefined;
  };
  readonly items: readonly T[];
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface WatchOptions<T> {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Events after this one. */
  readonly resourceVersion: string;
  readonly onEvent: (event: WatchEvent<T>) => void;
  /** `error` is undefined when the server merely closed the watch: resume from the last event. */
  readonly onEnd: (error: ApiError | undefined) => void;
}

export interface Watch {
  stop(): void;
}

export interface WriteOptions {
  readonly fieldManager?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface Patch {
  readonly type: 'json' | 'merge' | 'strategic';
  readonly body: unknown;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly preconditions?:
    | { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined }
    | undefined;
}
