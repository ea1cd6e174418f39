import type { ServedResource } from './served-resource.ts';

/** What is served now. CustomResourceDefinitions come and go, so everybody asks here anew. */
export class ResourceTable {
  readonly #byPath = new Map<string, ServedResource>();
  #version = 0;

  /** Grows with each change: what is derived from the table (discovery, OpenAPI) is kept under it. */
  get version(): number {
    return this.#version;
  }

  /** Replaces one of the same group, version and plural name. */
  add(served: ServedResource): void {
    this.#byPath.set(pathKey(served.resource), served);
    this.#version++;
  }

  remove(identity: { readonly group: string; readonly version: string; readonly resource: string }): void {
    if (this.#byPath.delete(pathKey(identity))) this.#version++;
  }

  find(identity: {
    readonly group: string;
    readonly version: string;
    readonly resource: string;
  }): ServedResource | undefined {
    return this.#byPath.get(pathKey(identity));
  }

  all(): readonly ServedResource[] {
    return [...this.#byPath.values()];
  }

  /** Those of one group-version, by plural name. */
  of(group: string, version: string): readonly ServedResource[] {
    return this.all()
      .filter(({ resource }) => resource.group === group && resource.version === version)
      .sort((a, b) => (a.resource.resource < b.resource.resource ? -1 : 1));
  }
}

const pathKey = ({ group, version, resource }: { group: string; version: string; resource: string }): string =>
  `${group}/${version}/${resource}`;
