import type { AggregatedApi } from '../backends.ts';
import type { ApiRequest, ApiResponse } from '../exchange.ts';
import type { ResourceTable } from '../resource-table.ts';
import { clausesOf } from '../wire/accept.ts';
import { jsonResponse } from '../wire/response.ts';
import { aggregatedDiscovery } from './aggregated.ts';
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './legacy.ts';
import { servedGroups, type ServedGroup } from './served-groups.ts';
import { textHash } from '../../api/openapi/text-hash.ts';

/** What is served, in the old form of many small documents and the new one of two. */
export class Discovery {
  readonly #table: ResourceTable;
  readonly #aggregated: readonly AggregatedApi[];
  #groups: readonly ServedGroup[] = [];
  /** Of the table that `#groups` and `#texts` were made from. */
  #version = -1;
  readonly #texts = new Map<string, { readonly json: string; readonly etag: string }>();

  constructor(table: ResourceTable, aggregated: readonly AggregatedApi[]) {
    this.#table = table;
    this.#aggregated = aggregated;
  }

  /** Undefined when the path is not one of discovery's. */
  handle(request: ApiRequest): ApiResponse | undefined {
    const parts = request.path.replace(/^\/+|\/+$/g, '').split('/');
    const [root, first, second] = parts;
    if (root === 'api' && parts.length === 1) return this.#root(request, true);
    if (root === 'apis' && parts.length === 1) return this.#root(request, false);
    if (root === 'api' && parts.length === 2) return this.#resources('', first!);
    if (root === 'apis' && parts.length === 2) return this.#group(first!);
    if (root === 'apis' && parts.length === 3) return this.#resources(first!, second!);
    return undefined;
  }

  groups(): readonly ServedGroup[] {
    if (this.#version !== this.#table.version) {
      this.#version = this.#table.version;
      this.#groups = servedGroups(this.#table, this.#aggregated);
      this.#texts.clear();
    }
    return this.#groups;
  }

  #root(request: ApiRequest, isCore: boolean): ApiResponse {
    const groups = this.groups().filter(({ name }) => (name === '') === isCore);
    const version = aggregatedVersion(request.headers['accept']);
    if (version === undefined) {
      const address = request.headers['host'] ?? '';
      return jsonResponse(200, JSON.stringify(isCore ? apiVersions(groups, address) : apiGroupList(groups)), vary);
    }
    const key = `${isCore ? 'api' : 'apis'} ${version}`;
    let text = this.#texts.get(key);
    if (text === undefined) {
      const json = JSON.stringify(aggregatedDiscovery(groups, version));
      text = { json, etag: `"${textHash(json)}"` };
      this.#texts.set(key, text);
    }
    const headers = {
      ...vary,
      etag: text.etag,
      'cache-control': 'public',
      'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    };
    if (request.headers['if-none-match'] === text.etag) return { status: 304, headers, body: '' };
    return jsonResponse(200, text.json, headers);
  }

  #group(name: string): ApiResponse | undefined {
    const group = this.groups().find((one) => one.name === name && name !== '');
    return group === undefined ? undefined : jsonResponse(200, JSON.stringify(apiGroup(group)));
  }

  #resources(group: string, version: string): ApiResponse | undefined {
    const found = this.groups()
      .find(({ name }) => name === group)
      ?.versions.find((one) => one.version === version);
    if (found === undefined) return undefined;
    return jsonResponse(200, JSON.stringify(apiResourceList(group, version, found.resources)));
  }
}

const vary = { vary: 'Accept' };

function aggregatedVersion(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const { mediaType, parameters } of clausesOf(accept ?? '')) {
    if (mediaType !== 'application/json' && mediaType !== '*/*') continue;
    if (parameters.get('as') === undefined) return undefined;
    const version = parameters.get('v');
    const isKnown = parameters.get('g') === 'apidiscovery.k8s.io' && parameters.get('as') === 'APIGroupDiscoveryList';
    if (isKnown && (version === 'v2' || version === 'v2beta1')) return version;
  }
  return undefined;
}
