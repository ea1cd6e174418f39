import type { JsonObject } from '../schema/json-value.ts';

/** What the API server serves of one group-version: all that an OpenAPI document is made from. */
export interface ServedGroupVersion {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ServedResource[];
}

export interface ServedResource {
  /** Plural, as in the URL. */
  readonly resource: string;
  readonly kind: string;
  /** `kind` with List, unless it is another. */
  readonly listKind?: string;
  readonly namespaced: boolean;
  /** get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verbs: readonly string[];
  readonly subresources: readonly ServedSubresource[];
  /**
   * The schema of a kind that the tables do not hold: openAPIV3Schema of a CustomResourceDefinition's
   * version. Strategic merge patch is only offered without it.
   */
  readonly schema?: JsonObject;
}

export interface ServedSubresource {
  /** `status`, `scale`, `log`. */
  readonly name: string;
  /** What is read and written; the resource's own kind when absent. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  /** get, create, update, patch, delete; or connect, for streams. */
  readonly verbs: readonly string[];
  /** Answers with text, as `log` does. */
  readonly isText?: boolean;
}

/** `api/v1`, `apis/apps/v1`: the document's name in the index and the beginning of its paths. */
export function documentPath({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}
