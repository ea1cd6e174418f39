import { isJsonObject, type JsonObject, type JsonValue } from '../schema/json-value.ts';
import type { Components, GroupVersionKind } from './components.ts';
import { capital, groupVersionTag, groupVersionWord } from './operation-names.ts';
import { pathParameter, prettyParameter, queryParameters } from './parameters.ts';
import { documentPath, type ServedGroupVersion, type ServedResource, type ServedSubresource } from './served.ts';
import { patchModel, refTo } from './special-schemas.ts';

/** The components that a resource's operations speak of. */
export interface Models {
  readonly object: string;
  readonly list: string;
}

type Paths = Record<string, JsonValue>;
type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Which method and action upstream gives a verb of an object or a collection. */
const objectVerbs: readonly (readonly [verb: string, method: Method, action: string, word: string])[] = [
  ['get', 'get', 'get', 'read'],
  ['create', 'post', 'post', 'create'],
  ['update', 'put', 'put', 'replace'],
  ['delete', 'delete', 'delete', 'delete'],
  ['patch', 'patch', 'patch', 'patch'],
];
const collectionVerbs: readonly (readonly [verb: string, method: Method, action: string, word: string])[] = [
  ['list', 'get', 'list', 'list'],
  ['create', 'post', 'post', 'create'],
  ['deletecollection', 'delete', 'deletecollection', 'deleteCollection'],
];

const answers = ['application/json', 'application/yaml'];
const patches = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];

/** Adds all paths of one resource: its collection, its objects, their subresources. */
export function addPaths(
  paths: Paths,
  gv: ServedGroupVersion,
  resource: ServedResource,
  models: Models,
  components: Components,
): void {
  const writer = new PathWriter(gv, resource, components);
  const root = `/${documentPath(gv)}`;
  const scope = resource.namespaced ? '/namespaces/{namespace}' : '';
  const collection = `${root}${scope}/${resource.resource}`;
  paths[collection] = writer.collection(models);
  if (resource.namespaced && resource.verbs.includes('list'))
    paths[`${root}/${resource.resource}`] = writer.everyNamespace(models);
  const object = writer.object(models);
  if (object !== undefined) paths[`${collection}/{name}`] = object;
  for (const subresource of resource.subresources)
    paths[`${collection}/{name}/${subresource.name}`] = writer.subresource(subresource, models);
}

class PathWriter {
  readonly #gv: ServedGroupVersion;
  readonly #resource: ServedResource;
  readonly #components: Components;

  constructor(gv: ServedGroupVersion, resource: ServedResource, components: Components) {
    this.#gv = gv;
    this.#resource = resource;
    this.#components = components;
  }

  collection(models: Models): JsonObject {
    const out: Record<string, JsonValue> = {};
    for (const [verb, method, action, word] of collectionVerbs) {
      if (!this.#resource.verbs.includes(verb)) continue;
      const name = word === 'deleteCollection' ? `delete${this.#word('Collection')}` : `${word}${this.#word()}`;
      out[method] = this.#operation({ verb, action, name, models, kind: this.#kind() });
    }
    return { ...out, parameters: this.#parameters(false) };
  }

  everyNamespace(models: Models): JsonObject {
    const name = `list${groupVersionWord(this.#gv)}${this.#resource.kind}ForAllNamespaces`;
    const { parameters: _, ...get } = this.#operation({
      verb: 'list',
      action: 'list',
      name,
      models,
      kind: this.#kind(),
    });
    return {
      get,
      parameters: [prettyParameter, ...(queryParameters['list'] ?? [])],
    };
  }

  object(models: Models): JsonObject | undefined {
    const verbs = this.#resource.verbs.filter((verb) => verb !== 'create');
    const out = this.#methods(verbs, models, this.#kind(), '');
    return Object.keys(out).length === 0 ? undefined : { ...out, parameters: this.#parameters(true) };
  }

  subresource(subresource: ServedSubresource, models: Models): JsonObject {
    const suffix = capital(subresource.name);
    const kind = subresource.kind ?? this.#kind();
    const object = subresource.kind === undefined ? models.object : this.#components.addKind(kind);
    const out = { ...this.#methods(subresource.verbs, { object, list: object }, kind, suffix) };
    if (subresource.isText === true && isJsonObject(out['get']))
      out['get'] = { ...out['get'], responses: text([...answers, 'text/plain']) };
    if (subresource.verbs.includes('connect'))
      for (const method of ['get', 'post']) {
        const name = `connect${groupVersionWord(this.#gv)}${capital(method)}${this.#scope()}${this.#resource.kind}${suffix}`;
        out[method] = { ...this.#frame(name, 'connect', kind), responses: text(['*/*']) };
      }
    return { ...out, parameters: this.#parameters(true) };
  }

  #methods(
    verbs: readonly string[],
    models: Models,
    kind: GroupVersionKind,
    suffix: string,
  ): Record<string, JsonValue> {
    const out: Record<string, JsonValue> = {};
    for (const [verb, method, action, word] of objectVerbs)
      if (verbs.includes(verb))
        out[method] = this.#operation({ verb, action, name: `${word}${this.#word()}${suffix}`, models, kind });
    return out;
  }

  #operation({
    verb,
    action,
    name,
    models,
    kind,
  }: {
    readonly verb: string;
    readonly action: string;
    readonly name: string;
    readonly models: Models;
    readonly kind: GroupVersionKind;
  }): JsonObject {
    const isDelete = verb === 'delete' || verb === 'deletecollection';
    const answer = isDelete ? this.#meta('Status') : verb === 'list' ? models.list : models.object;
    const codes = {
      list: ['200'],
      get: ['200'],
      create: ['200', '201', '202'],
      delete: ['200', '202'],
      deletecollection: ['200'],
    }[verb] ?? ['200', '201'];
    const types = verb === 'list' ? [...answers, 'application/json;stream=watch'] : answers;
    return {
      ...this.#frame(name, action, kind),
      ...(queryParameters[verb]?.length === 0 ? {} : { parameters: queryParameters[verb] ?? [] }),
      ...this.#requestBody(verb, models),
      responses: Object.fromEntries(
        codes.map((code) => [code, { content: content(types, answer), description: descriptions[code] ?? '' }]),
      ),
    };
  }

  #requestBody(verb: string, models: Models): JsonObject {
    if (verb === 'create' || verb === 'update')
      return { requestBody: { content: content(['*/*'], models.object), required: true } };
    if (verb === 'patch') {
      // kubectl takes strategic merge for kinds whose PATCH lists it, and JSON merge for the others.
      const types =
        this.#resource.schema === undefined ? [...patches, 'application/strategic-merge-patch+json'] : patches;
      return { requestBody: { content: content(types, patchModel), required: true } };
    }
    if (verb === 'delete' || verb === 'deletecollection')
      return { requestBody: { content: content(['*/*'], this.#meta('DeleteOptions')) } };
    return {};
  }

  #frame(operationId: string, action: string, { group, kind, version }: GroupVersionKind): JsonObject {
    return {
      operationId,
      tags: [groupVersionTag(this.#gv)],
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group, kind, version },
    };
  }

  #parameters(hasName: boolean): JsonValue[] {
    return [
      ...(hasName ? [pathParameter('name')] : []),
      ...(this.#resource.namespaced ? [pathParameter('namespace')] : []),
      prettyParameter,
    ];
  }

  #kind(): GroupVersionKind {
    return { group: this.#gv.group, version: this.#gv.version, kind: this.#resource.kind };
  }

  #word(between = ''): string {
    return `${groupVersionWord(this.#gv)}${between}${this.#scope()}${this.#resource.kind}`;
  }

  #scope(): string {
    return this.#resource.namespaced ? 'Namespaced' : '';
  }

  #meta(kind: 'Status' | 'DeleteOptions'): string {
    const { group, version } = this.#gv;
    const core = { group: '', version: 'v1', kind };
    const here = { group, version, kind };
    return this.#components.addKind(here, kind === 'Status' || group === '' ? [core] : [core, here]);
  }
}

const descriptions: Readonly<Record<string, string>> = { '200': 'OK', '201': 'Created', '202': 'Accepted' };

function text(types: readonly string[]): JsonObject {
  const answer = { schema: { type: 'string' } };
  return { '200': { content: Object.fromEntries(types.map((type) => [type, answer])), description: 'OK' } };
}

function content(types: readonly string[], model: string): JsonObject {
  return Object.fromEntries(types.map((type) => [type, { schema: { $ref: refTo(model) } }]));
}
