import type { JSONSchemaProps } from '../../api/schema/apiextensions-v1.ts';
import { pathText } from '../../api/schema/decode-error.ts';
import { isJsonObject } from '../../api/schema/json-value.ts';

/**
 * Takes away, in place, what the schema does not know (apiextensions-apiserver pkg/apiserver/schema/pruning), and
 * tells the paths. kind, apiVersion and metadata of the root and of embedded resources are not its business.
 */
export function prune(object: Record<string, unknown>, schema: JSONSchemaProps): readonly string[] {
  const pruner = new Pruner();
  pruner.prune(object, { ...schema, 'x-kubernetes-embedded-resource': true });
  return pruner.unknown.toSorted();
}

const metaFields = new Set(['apiVersion', 'kind', 'metadata']);
const problemsMax = 100;

class Pruner {
  readonly unknown: string[] = [];
  readonly #path: (string | number)[] = [];

  prune(value: unknown, schema: JSONSchemaProps | undefined): void {
    if (schema?.['x-kubernetes-preserve-unknown-fields'] === true) this.#keepUnknown(value, schema);
    else if (Array.isArray(value)) this.#each(value, (item) => this.prune(item, itemsOf(schema)));
    else if (isJsonObject(value)) this.#object(value as Record<string, unknown>, schema);
  }

  #object(object: Record<string, unknown>, schema: JSONSchemaProps | undefined): void {
    for (const key of Object.keys(object)) {
      if (schema?.['x-kubernetes-embedded-resource'] === true && metaFields.has(key)) continue;
      const known = fieldOf(schema, key);
      if (known === undefined) {
        if (this.unknown.length < problemsMax) this.unknown.push(pathText([...this.#path, key]));
        delete object[key];
      } else this.#at(key, () => this.prune(object[key], known === true ? undefined : known));
    }
  }

  /** Everything may stay here, but what is specified is pruned below. */
  #keepUnknown(value: unknown, schema: JSONSchemaProps): void {
    if (Array.isArray(value)) {
      const items = itemsOf(schema);
      if (items !== undefined) this.#each(value, (item) => this.#keepUnknown(item, items));
    } else if (isJsonObject(value)) {
      for (const [key, field] of Object.entries(value)) {
        if (schema['x-kubernetes-embedded-resource'] === true && metaFields.has(key)) continue;
        const known = fieldOf(schema, key);
        if (known !== undefined && known !== true) this.#at(key, () => this.prune(field, known));
      }
    }
  }

  #each(list: readonly unknown[], visit: (item: unknown) => void): void {
    for (const [index, item] of list.entries()) this.#at(index, () => visit(item));
  }

  #at(segment: string | number, run: () => void): void {
    this.#path.push(segment);
    run();
    this.#path.pop();
  }
}

export function itemsOf(schema: JSONSchemaProps | undefined): JSONSchemaProps | undefined {
  return schema?.items === undefined || Array.isArray(schema.items) ? undefined : (schema.items as JSONSchemaProps);
}

/** The schema of a field; true when it may be there and is not described; undefined when it is not known. */
export function fieldOf(schema: JSONSchemaProps | undefined, key: string): JSONSchemaProps | true | undefined {
  const { properties, additionalProperties } = schema ?? {};
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  if (additionalProperties === undefined || additionalProperties === false) return undefined;
  return additionalProperties;
}
