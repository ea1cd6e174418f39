import { apiVersionOf, type KubernetesObject, type Resource } from '../../api/resource.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from '../../api/schema/apiextensions-v1.ts';
import { decode, type Decoded } from '../../api/schema/decode.ts';
import { DecodeError } from '../../api/schema/decode-error.ts';
import { copyJson, isJsonObject, type JsonObject } from '../../api/schema/json-value.ts';
import { structNamed } from '../../api/schema/struct.ts';
import type { DraftObject } from '../registry/draft-object.ts';
import { sameValue } from '../registry/same-value.ts';
import { deepFreeze } from '../store/deep-freeze.ts';
import { bucketName, type Conversion, type ServedResource } from '../served-resource.ts';
import { customKind } from './custom-kind.ts';
import { fieldNames, parseJsonPath } from './json-path.ts';
import { prune } from './prune.ts';

const objectMeta = structNamed('meta/v1.ObjectMeta');

/** The resource that one version of an established definition makes. */
export function customResource(
  { spec, status }: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
): ServedResource {
  const names = status.acceptedNames;
  const resource: Resource = {
    group: spec.group,
    version: version.name,
    resource: names.plural,
    singular: names.singular ?? '',
    kind: names.kind,
    namespaced: spec.scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
  };
  const definition = customKind(resource, version);
  const schema: JSONSchemaProps = version.schema?.openAPIV3Schema ?? { type: 'object' };
  const decodeCustom = (value: unknown): Decoded => decodeBySchema(value, schema);
  const stored = spec.versions.find(({ storage }) => storage) ?? version;
  const { scale } = version.subresources ?? {};
  return {
    resource,
    apiVersion: apiVersionOf(resource),
    listKind: names.listKind ?? `${names.kind}List`,
    definition,
    bucket: bucketName(resource),
    isCustom: true,
    struct: undefined,
    schema: schema as JsonObject,
    scale:
      scale === undefined
        ? undefined
        : {
            specReplicas: fieldNames(parseJsonPath(scale.specReplicasPath)) ?? [],
            statusReplicas: fieldNames(parseJsonPath(scale.statusReplicasPath)) ?? [],
            selector:
              scale.labelSelectorPath === undefined ? undefined : fieldNames(parseJsonPath(scale.labelSelectorPath)),
          },
    conversion: conversionOf(apiVersionOf(resource), `${spec.group}/${stored.name}`, (object) => {
      const { object: decoded } = decodeCustom(object);
      const draft = decoded as unknown as DraftObject;
      definition.setDefaults(draft);
      return draft;
    }),
    decode: decodeCustom,
  };
}

/** A private copy without what the schema does not know; metadata is read as every object's is. */
function decodeBySchema(value: unknown, schema: JSONSchemaProps): Decoded {
  if (!isJsonObject(value)) throw new DecodeError('an object is expected');
  const { kind, apiVersion, metadata = {}, ...rest } = value;
  const { object, unknownFields } = decode(objectMeta, metadata, { copy: true });
  const copy: Record<string, unknown> = { kind, apiVersion, metadata: object, ...copyJson(rest) };
  const inMetadata = unknownFields.map((text) => text.replace('unknown field "', 'unknown field "metadata.'));
  const inObject = prune(copy, schema).map((path) => `unknown field ${JSON.stringify(path)}`);
  return { object: copy, unknownFields: [...inMetadata, ...inObject] };
}

/**
 * Versions differ in their schema alone (conversion strategy None). What is read is held to the version's schema as
 * of now: pruned and defaulted, as upstream does when it reads from storage.
 */
function conversionOf(
  apiVersion: string,
  storageVersion: string,
  prepare: (object: KubernetesObject) => KubernetesObject,
): Conversion {
  const prepared = new WeakMap<KubernetesObject, KubernetesObject>();
  return {
    fromStorage(object) {
      let result = prepared.get(object);
      if (result === undefined) {
        result = prepare({ ...object, apiVersion });
        result = sameValue(result, object) ? object : deepFreeze(result);
        prepared.set(object, result);
      }
      return result;
    },
    toStorage: (object) => (object.apiVersion === storageVersion ? object : { ...object, apiVersion: storageVersion }),
  };
}
