import { ApiError, badRequest } from '../../api/error.ts';
import type { Clock } from '../../std/clock.ts';
import type { Listed } from '../registry/list.ts';
import type { ServedResource } from '../served-resource.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { Representation } from './accept.ts';
import { partialMetadata } from './partial-metadata.ts';
import { table, type TableOptions } from './table.ts';

/** Makes text of objects in the form that the client wants. Objects themselves are the cached JSON. */
export interface Renderer {
  one(stored: StoredObject): string;
  list(listed: Listed): string | AsyncIterable<string>;
}

/** A list's text goes out in pieces of about this many characters. */
const chunkLength = 256 * 1024;

/** Throws BadRequest for a bad includeObject. `withColumns` only matters for tables. */
export function rendererOf(
  served: ServedResource,
  { as, version }: Representation,
  query: URLSearchParams,
  clock: Clock,
  { withColumns = true }: { readonly withColumns?: boolean } = {},
): Renderer {
  const includeObject = includeObjectOf(as, query);
  const tableOf = (items: readonly StoredObject[], metadata: object): string => {
    const options: TableOptions = { version, includeObject, nowMs: clock.now(), withColumns, metadata };
    return JSON.stringify(table(served, items, options));
  };
  const partial = ({ object }: StoredObject): string => JSON.stringify(partialMetadata(object, version));
  switch (as) {
    case 'object':
      return {
        one: (stored) => stored.json,
        list: (listed) => {
          const { listKind: kind, apiVersion } = served;
          // Lists of custom resources always have the field.
          const end = served.isCustom && listed.continue === undefined ? { ...listed, continue: '' } : listed;
          return listText({ kind, apiVersion }, end, (stored) => itemJson(served, stored));
        },
      };
    case 'Table':
      return {
        one: (stored) => tableOf([stored], { resourceVersion: stored.object.metadata.resourceVersion }),
        list: (listed) => tableOf(listed.items, listMetadata(listed)),
      };
    case 'PartialObjectMetadata':
      return {
        one: partial,
        list() {
          const message = `you requested PartialObjectMetadata, but the requested object is a list (${goType(served, served.listKind)})`;
          throw new ApiError('NotAcceptable', message);
        },
      };
    case 'PartialObjectMetadataList':
      return {
        one() {
          const message = `you requested PartialObjectMetadataList, but the requested object is not a list (${goType(served, served.resource.kind)})`;
          throw new ApiError('NotAcceptable', message);
        },
        list: (listed) => listText({ kind: as, apiVersion: `meta.k8s.io/${version}` }, listed, partial),
      };
  }
}

/** Upstream names its own type. */
function goType({ isCustom, resource: { group } }: ServedResource, kind: string): string {
  if (isCustom) return `*unstructured.Unstructured${kind.endsWith('List') ? 'List' : ''}`;
  return `*${group === '' ? 'core' : group.split('.')[0]}.${kind}`;
}

function includeObjectOf(as: Representation['as'], query: URLSearchParams): TableOptions['includeObject'] {
  const value = query.get('includeObject') ?? '';
  if (value === '' || value === 'Metadata') return 'Metadata';
  if (value === 'None' || value === 'Object') return value;
  if (as !== 'Table') return 'Metadata';
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

function listMetadata({ revision, remainingItemCount, ...rest }: Listed): object {
  return {
    resourceVersion: String(revision),
    ...(rest.continue === undefined ? {} : { continue: rest.continue }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}

function listText(
  type: { readonly kind: string; readonly apiVersion: string },
  listed: Listed,
  itemText: (stored: StoredObject) => string,
): string | AsyncIterable<string> {
  const head = `${JSON.stringify({ ...type, metadata: listMetadata(listed) }).slice(0, -1)},"items":[`;
  let text = head;
  for (const [index, stored] of listed.items.entries()) {
    text += index === 0 ? itemText(stored) : `,${itemText(stored)}`;
    if (text.length > chunkLength) return chunks(text, listed.items, index + 1, itemText);
  }
  return `${text}]}`;
}

async function* chunks(
  head: string,
  items: readonly StoredObject[],
  from: number,
  itemText: (stored: StoredObject) => string,
): AsyncIterable<string> {
  let text = head;
  for (let index = from; index < items.length; index++) {
    if (text.length > chunkLength) {
      yield text;
      text = '';
    }
    text += `,${itemText(items[index]!)}`;
  }
  yield `${text}]}`;
}

/** Items of typed lists name neither kind nor apiVersion; they are in front in the cached text. */
function itemJson({ isCustom, resource, apiVersion }: ServedResource, stored: StoredObject): string {
  if (isCustom) return stored.json;
  const front = `{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(apiVersion)},`;
  if (stored.json.startsWith(front)) return `{${stored.json.slice(front.length)}`;
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = stored.object;
  return JSON.stringify(rest);
}
