/** What a request's path and method say (upstream apiserver pkg/endpoints/request/requestinfo.go). */
export type RequestInfo = ResourceRequest | { readonly isResource: false; readonly path: string };

export interface ResourceRequest {
  readonly isResource: true;
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  /** '' for all namespaces and for cluster-scoped resources. */
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
  /** What follows the subresource, e.g. of a proxy. */
  readonly rest: readonly string[];
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection' | 'other';

const namespaceSubresources = new Set(['status', 'finalize']);

export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path.replace(/^\/+|\/+$/g, '').split('/');
  const isCore = parts[0] === 'api';
  const needed = isCore ? 3 : 4;
  if ((!isCore && parts[0] !== 'apis') || parts.length < needed) return { isResource: false, path };
  const group = isCore ? '' : parts[1]!;
  const version = parts[needed - 2]!;
  let rest = parts.slice(needed - 1);
  // The old form /api/v1/watch/...; with nothing behind it, `watch` is an unknown resource.
  const isOldWatch = rest[0] === 'watch' && rest.length > 1;
  if (isOldWatch) rest = rest.slice(1);
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 2 && !namespaceSubresources.has(rest[2]!)) {
    namespace = rest[1]!;
    rest = rest.slice(2);
  }
  const [resource = '', name = '', subresource = '', ...more] = rest;
  const verb = isOldWatch ? 'watch' : verbOf(method, name, query);
  return { isResource: true, verb, group, version, namespace, resource, name, subresource, rest: more };
}

function verbOf(method: string, name: string, query: URLSearchParams): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    case 'GET':
    case 'HEAD':
      if (name !== '') return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    default:
      return 'other';
  }
}

/** How upstream reads a boolean of a query: there and neither `false` nor `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false' && value !== '0';
}
