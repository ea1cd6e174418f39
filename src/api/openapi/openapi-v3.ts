import { buildDocument } from './document.ts';
import { documentPath, type ServedGroupVersion } from './served.ts';
import { textHash } from './text-hash.ts';

export interface OpenApiDocument {
  readonly text: string;
  readonly hash: string;
}

/**
 * The documents of `/openapi/v3`, built when first asked for. They are kept by the identity of
 * their ServedGroupVersion: hand in a new object when what is served has changed, the same one else.
 */
export class OpenApiV3 {
  readonly #documents = new WeakMap<ServedGroupVersion, OpenApiDocument>();

  document(gv: ServedGroupVersion): OpenApiDocument {
    let document = this.#documents.get(gv);
    if (document === undefined) {
      const text = JSON.stringify(buildDocument(gv));
      document = { text, hash: textHash(text) };
      this.#documents.set(gv, document);
    }
    return document;
  }

  /** The root's body: every document's address with its hash, which makes it cacheable for ever. */
  index(served: readonly ServedGroupVersion[]): string {
    const entries = served.map((gv): [string, { serverRelativeURL: string }] => {
      const path = documentPath(gv);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${this.document(gv).hash}` }];
    });
    return JSON.stringify({ paths: Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) });
  }
}
