import type { JsonObject } from '../schema/json-value.ts';
import type { Type } from '../schema/struct.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const apiextensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** The names and schemas of types with a wire form of their own. */
const special: Readonly<Record<string, readonly [model: string, schema: JsonObject]>> = {
  Time: [`${meta}.Time`, { type: 'string', format: 'date-time' }],
  MicroTime: [`${meta}.MicroTime`, { type: 'string', format: 'date-time' }],
  FieldsV1: [`${meta}.FieldsV1`, { type: 'object' }],
  Quantity: ['io.k8s.apimachinery.pkg.api.resource.Quantity', { oneOf: [{ type: 'string' }, { type: 'number' }] }],
  IntOrString: [
    'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  ],
  RawExtension: ['io.k8s.apimachinery.pkg.runtime.RawExtension', { type: 'object' }],
  JSON: [`${apiextensions}.JSON`, {}],
  JSONSchemaPropsOrBool: [`${apiextensions}.JSONSchemaPropsOrBool`, {}],
  JSONSchemaPropsOrArray: [`${apiextensions}.JSONSchemaPropsOrArray`, {}],
  JSONSchemaPropsOrStringArray: [`${apiextensions}.JSONSchemaPropsOrStringArray`, {}],
};

/** The body of every PATCH. */
export const patchModel: string = `${meta}.Patch`;
export const patchSchema: JsonObject = { type: 'object' };

/** undefined: the type has no component of its own. */
export function specialModel(type: Type): string | undefined {
  return special[type.kind]?.[0];
}

export function specialSchema(type: Type): JsonObject {
  return special[type.kind]?.[1] ?? {};
}

export function refTo(model: string): string {
  return `#/components/schemas/${model}`;
}
