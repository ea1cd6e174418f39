import type { JsonObject, JsonValue } from '../schema/json-value.ts';
import { Components } from './components.ts';
import { addCustomKind } from './custom-schema.ts';
import { groupVersionTag, groupVersionWord } from './operation-names.ts';
import { addPaths, type Models } from './paths.ts';
import { documentPath, type ServedGroupVersion, type ServedResource } from './served.ts';
import { patchModel, patchSchema, refTo } from './special-schemas.ts';

/** The OpenAPI v3 document of a group-version. */
export function buildDocument(gv: ServedGroupVersion): JsonObject {
  const components = new Components();
  const paths: Record<string, JsonValue> = {};
  components.add(patchModel, patchSchema);
  addResourceList(paths, gv, components);
  for (const resource of gv.resources) addPaths(paths, gv, resource, modelsOf(gv, resource, components), components);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths,
    components: { schemas: components.toJson() },
  };
}

function modelsOf(gv: ServedGroupVersion, resource: ServedResource, components: Components): Models {
  const kind = { group: gv.group, version: gv.version, kind: resource.kind };
  const listKind = resource.listKind ?? `${resource.kind}List`;
  if (resource.schema !== undefined) {
    const { model, listModel } = addCustomKind(components, kind, { schema: resource.schema, listKind });
    return { object: model, list: listModel };
  }
  const object = components.addKind(kind);
  const isListed = resource.verbs.includes('list');
  return { object, list: isListed ? components.addKind({ ...kind, kind: listKind }) : object };
}

/** Discovery itself: which resources there are. */
function addResourceList(paths: Record<string, JsonValue>, gv: ServedGroupVersion, components: Components): void {
  const model = components.addKind({ group: '', version: 'v1', kind: 'APIResourceList' });
  const answer = { schema: { $ref: refTo(model) } };
  paths[`/${documentPath(gv)}/`] = {
    get: {
      operationId: `get${groupVersionWord(gv)}APIResources`,
      tags: [groupVersionTag(gv)],
      responses: {
        '200': { content: { 'application/json': answer, 'application/yaml': answer }, description: 'OK' },
      },
    },
  };
}
