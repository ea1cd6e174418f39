import { OpenApiV3 } from '../../api/openapi/openapi-v3.ts';
import { documentPath, type ServedGroupVersion, type ServedResource as Described } from '../../api/openapi/served.ts';
import type { Clock } from '../../std/clock.ts';
import type { ApiRequest, ApiResponse } from '../exchange.ts';
import type { ResourceTable } from '../resource-table.ts';
import type { ServedResource } from '../served-resource.ts';
import { jsonResponse } from '../wire/response.ts';
import { discovered } from './served-groups.ts';

const root = '/openapi/v3';

/**
 * The smallest OpenAPI v2 document in protobuf (gnostic openapi.v2.Document: swagger "2.0" and an info). kubectl
 * asks for it to check the wrapper of a `List`, which v3 cannot describe; a kind that it does not find there it does
 * not check itself, and the server checks every item anyway.
 */
const emptyV2 = new Uint8Array([0x0a, 3, 0x32, 0x2e, 0x30, 0x12, 9, 0x0a, 7, ...new TextEncoder().encode('slipway')]);
const v2Protobuf = /application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/;
const yearMs = 365 * 24 * 3_600_000;

/** `/openapi/v2` as far as clients need it, `/openapi/v3` and its documents, one a group-version, which clients may keep for as long as the hash is the same. */
export class OpenApiEndpoint {
  readonly #table: ResourceTable;
  readonly #clock: Clock;
  readonly #documents = new OpenApiV3();
  #version = -1;
  #described: readonly Kept[] = [];

  constructor(table: ResourceTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** Undefined when the path is not one of these. */
  handle({ path, query, headers }: ApiRequest): ApiResponse | undefined {
    if (path === '/openapi/v2') return v2Response(headers['accept'] ?? '');
    if (path !== root && !path.startsWith(`${root}/`)) return undefined;
    const all = this.#groupVersions();
    const name = path.slice(root.length + 1).replace(/\/+$/, '');
    if (name === '') {
      return jsonResponse(200, this.#documents.index(all.map(({ groupVersion }) => groupVersion)), { vary: 'Accept' });
    }
    const found = all.find(({ groupVersion }) => documentPath(groupVersion) === name);
    if (found === undefined) return undefined;
    const { text, hash } = this.#documents.document(found.groupVersion);
    const asked = query.get('hash') ?? '';
    if (asked !== '' && asked !== hash) {
      return { status: 301, headers: { location: `${root}/${name}?hash=${hash}` }, body: '' };
    }
    const more = { etag: `"${hash}"`, vary: 'Accept', ...(asked === '' ? {} : this.#forever()) };
    if (headers['if-none-match'] === more.etag) return { status: 304, headers: more, body: '' };
    return jsonResponse(200, text, more);
  }

  #forever(): { readonly 'cache-control': string; readonly expires: string } {
    return { 'cache-control': 'public, immutable', expires: httpDate(this.#clock.now() + yearMs) };
  }

  /** A group-version that serves what it did keeps its identity, and so its document. */
  #groupVersions(): readonly Kept[] {
    if (this.#version === this.#table.version) return this.#described;
    this.#version = this.#table.version;
    const groups = new Map<string, ServedResource[]>();
    for (const served of this.#table.all()) {
      const key = documentPath(served.resource);
      groups.set(key, [...(groups.get(key) ?? []), served]);
    }
    this.#described = [...groups.values()].map((resources) => {
      const same = this.#described.find(
        (kept) => kept.from.length === resources.length && kept.from.every((one, index) => one === resources[index]),
      );
      const [{ resource }] = resources as [ServedResource];
      const groupVersion = { group: resource.group, version: resource.version, resources: resources.map(describe) };
      return same ?? { from: resources, groupVersion };
    });
    return this.#described;
  }
}

interface Kept {
  readonly from: readonly ServedResource[];
  readonly groupVersion: ServedGroupVersion;
}

function describe(served: ServedResource): Described {
  const { resource, kind, namespaced, verbs, subresources } = discovered(served);
  return {
    resource,
    kind,
    listKind: served.listKind,
    namespaced,
    verbs,
    subresources: subresources.map(({ name, verbs: can, kind: other }) => ({
      name,
      verbs: can,
      isText: name === 'log',
      ...(other.kind === kind ? {} : { kind: other }),
    })),
    ...(served.schema === undefined ? {} : { schema: served.schema }),
  };
}

/** RFC 9110: `Sun, 06 Nov 1994 08:49:37 GMT`. */
function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

function v2Response(accept: string): ApiResponse {
  if (v2Protobuf.test(accept)) {
    // Asked for with an `@`, which is none of a media type's characters, and answered with a dot.
    const type = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
    return { status: 200, headers: { 'content-type': type, vary: 'Accept' }, body: emptyV2 };
  }
  return jsonResponse(
    200,
    '{"swagger":"2.0","info":{"title":"slipway","version":"v1.36.3"},"paths":{},"definitions":{}}',
    { vary: 'Accept' },
  );
}
