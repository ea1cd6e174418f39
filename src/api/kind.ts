import type { FieldError } from './field-error.ts';
import type { KubernetesObject, Resource } from './resource.ts';

/** A fresh object that nobody else holds yet: it may be changed in place. */
export type Mutable<T> = T extends readonly (infer E)[]
  ? Mutable<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;

/** A column of the Table that `kubectl get` prints. */
export interface Column<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** 0 shows always, 1 only with `-o wide`. */
  readonly priority?: number;
  /** Cells hold what upstream's printers hold: ages are already words such as `5m32s`. */
  cell(object: T, nowMs: number): string | number | boolean | null;
}

/**
 * Everything that the API server must know of a built-in kind beside its schema tables.
 * One file a kind under `api/<group>/<version>/`; all pure. Upstream: pkg/apis, pkg/registry.
 */
export interface KindDefinition<T extends KubernetesObject = KubernetesObject> {
  readonly resource: Resource<T>;
  /** Which of them are served below the resource. */
  readonly subresources: readonly string[];
  /** Verbs of the main resource; all of them when absent. */
  readonly verbs?: readonly string[];
  /** metadata.generation starts at 1 and grows when anything but metadata and status changes. */
  readonly hasGeneration: boolean;
  /** PUT without a resourceVersion overwrites. */
  readonly allowsUnconditionalUpdate: boolean;
  /** Seconds of grace that DELETE grants when the caller names none; 0 for kinds without graceful deletion. */
  defaultGraceSeconds?(object: T): number;
  /** Field selectors beside metadata.name and metadata.namespace. */
  readonly selectableFields: Readonly<Record<string, (object: T) => string>>;
  readonly columns: readonly Column<T>[];
  /** The name's rule: the messages of what is wrong with it, none when it is well. */
  validateName(name: string): readonly string[];
  /** Upstream's SetDefaults_* for this version. */
  setDefaults(object: Mutable<T>): void;
  /** Upstream's strategy PrepareForCreate, beyond the reset of status that the server does itself. */
  prepareCreate?(object: Mutable<T>): void;
  /** Upstream's strategy PrepareForUpdate, likewise. Not called for status writes. */
  prepareUpdate?(object: Mutable<T>, old: T): void;
  /** Called for writes to /status in place of prepareUpdate. */
  prepareStatusUpdate?(object: Mutable<T>, old: T): void;
  validateCreate(object: T): readonly FieldError[];
  validateUpdate(object: T, old: T): readonly FieldError[];
  validateStatusUpdate?(object: T, old: T): readonly FieldError[];
  /** Warnings that go out as `Warning: 299` headers. */
  warnings?(object: T): readonly string[];
}
