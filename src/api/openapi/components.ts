import type { JsonObject } from '../schema/json-value.ts';
import { type Struct, structOfKind, type Type } from '../schema/struct.ts';
import { specialModel, specialSchema } from './special-schemas.ts';
import { schemaOfStruct } from './struct-schema.ts';

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Component schemas by model name, collected while paths and schemas refer to them. */
export class Components {
  readonly #schemas = new Map<string, JsonObject>();

  /** The model's name; its schema and all that it refers to are part of the document from now on. */
  addStruct(struct: Struct, kinds: readonly GroupVersionKind[] = []): string {
    const known = this.#schemas.get(struct.model);
    if (known === undefined || (kinds.length > 0 && !('x-kubernetes-group-version-kind' in known))) {
      this.add(struct.model, { ...schemaOfStruct(struct), ...kindExtension(kinds) });
      for (const field of struct.fields) this.#addType(field.type);
    }
    return struct.model;
  }

  /** A kind of the tables. Kinds of meta.k8s.io are told with the group-versions that they are served in. */
  addKind(gvk: GroupVersionKind, servedAs: readonly GroupVersionKind[] = [gvk]): string {
    const struct = structOfKind(gvk.group, gvk.version, gvk.kind);
    if (struct === undefined) throw new Error(`bug: no schema of ${gvk.group}/${gvk.version} ${gvk.kind}`);
    return this.addStruct(struct, servedAs);
  }

  add(model: string, schema: JsonObject): void {
    this.#schemas.set(model, schema);
  }

  toJson(): JsonObject {
    return Object.fromEntries([...this.#schemas].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  #addType(type: Type): void {
    if (type.kind === 'list' || type.kind === 'map') return this.#addType(type.element);
    if (type.kind === 'struct') this.addStruct(type.struct);
    const model = specialModel(type);
    if (model !== undefined) this.add(model, specialSchema(type));
  }
}

export function kindExtension(kinds: readonly GroupVersionKind[]): JsonObject {
  return kinds.length === 0
    ? {}
    : { 'x-kubernetes-group-version-kind': kinds.map(({ group, kind, version }) => ({ group, kind, version })) };
}
