import { isJsonObject, type JsonObject, type JsonValue } from '../schema/json-value.ts';
import { structNamed } from '../schema/struct.ts';
import { type Components, type GroupVersionKind, kindExtension } from './components.ts';
import { refTo } from './special-schemas.ts';

/** Adds a custom kind and its list. The models' names turn the group around: `dev.slipway.v1alpha1.Inference`. */
export function addCustomKind(
  components: Components,
  gvk: GroupVersionKind,
  { schema, listKind }: { readonly schema: JsonObject; readonly listKind: string },
): { readonly model: string; readonly listModel: string } {
  const prefix = [...gvk.group.split('.').toReversed(), gvk.version].join('.');
  const model = `${prefix}.${gvk.kind}`;
  const listModel = `${prefix}.${listKind}`;
  const objectMeta = components.addStruct(structNamed('meta/v1.ObjectMeta'));
  const listMeta = components.addStruct(structNamed('meta/v1.ListMeta'));
  components.add(model, {
    ...asResource(withEmbeddedResources(schema, objectMeta), objectMeta),
    ...kindExtension([gvk]),
  });
  components.add(listModel, {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      items: { type: 'array', items: { $ref: refTo(model) } },
      kind: { type: 'string' },
      metadata: { $ref: refTo(listMeta) },
    },
    required: ['items'],
    ...kindExtension([{ ...gvk, kind: listKind }]),
  });
  return { model, listModel };
}

/** Every resource has these three, whatever its own schema says. */
function asResource(schema: JsonObject, objectMeta: string): JsonObject {
  const own = isJsonObject(schema['properties']) ? schema['properties'] : {};
  return {
    type: 'object',
    ...schema,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      ...own,
      metadata: { $ref: refTo(objectMeta) },
    },
  };
}

/** Objects marked x-kubernetes-embedded-resource are resources too, at any depth. */
function withEmbeddedResources(schema: JsonObject, objectMeta: string): JsonObject {
  const out: Record<string, JsonValue> = { ...schema };
  if (isJsonObject(schema['properties'])) out['properties'] = eachOf(schema['properties'], objectMeta);
  for (const key of ['items', 'additionalProperties'])
    if (isJsonObject(schema[key])) out[key] = embedded(schema[key], objectMeta);
  return out;
}

function eachOf(properties: JsonObject, objectMeta: string): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      isJsonObject(property) ? embedded(property, objectMeta) : property,
    ]),
  );
}

function embedded(schema: JsonObject, objectMeta: string): JsonObject {
  const inside = withEmbeddedResources(schema, objectMeta);
  return schema['x-kubernetes-embedded-resource'] === true ? asResource(inside, objectMeta) : inside;
}
