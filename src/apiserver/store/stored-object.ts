import type { KubernetesObject } from '../../api/resource.ts';

/** One version of one object: frozen, with its JSON kept beside it once somebody asked. */
export class StoredObject {
  /** `namespace/name`, or `name` for cluster-scoped resources. */
  readonly key: string;
  readonly object: KubernetesObject;
  readonly revision: number;
  #json: string | undefined;

  constructor(key: string, object: KubernetesObject, revision: number, json?: string) {
    this.key = key;
    this.object = object;
    this.revision = revision;
    this.#json = json;
  }

  get json(): string {
    return (this.#json ??= JSON.stringify(this.object));
  }
}

export function keyOf({ namespace, name }: { readonly namespace?: string | undefined; readonly name: string }): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}
