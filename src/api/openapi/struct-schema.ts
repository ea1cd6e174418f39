import type { JsonObject, JsonValue } from '../schema/json-value.ts';
import type { Field, Struct, Type } from '../schema/struct.ts';
import { refTo, specialModel } from './special-schemas.ts';

/** A struct as an OpenAPI component, without descriptions. */
export function schemaOfStruct(struct: Struct): JsonObject {
  const properties: Record<string, JsonValue> = {};
  const required: string[] = [];
  for (const field of struct.fields) {
    properties[field.name] = propertyOf(field);
    if (field.row.required === true) required.push(field.name);
  }
  return {
    type: 'object',
    ...(struct.fields.length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
    ...(struct.isAtomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

function propertyOf({ type, isPointer, row }: Field): JsonObject {
  const extensions: Record<string, JsonValue> = {};
  if (row.listType !== undefined) extensions['x-kubernetes-list-type'] = row.listType;
  if (row.mapKeys !== undefined) extensions['x-kubernetes-list-map-keys'] = row.mapKeys;
  if (row.mapType !== undefined) extensions['x-kubernetes-map-type'] = row.mapType;
  if (row.patchStrategy !== undefined) extensions['x-kubernetes-patch-strategy'] = row.patchStrategy;
  if (row.mergeKey !== undefined) extensions['x-kubernetes-patch-merge-key'] = row.mergeKey;
  const isAlwaysPresent = !isPointer && (row.omitempty !== true || type.kind === 'struct');
  const value = row.default === undefined ? (isAlwaysPresent ? zeroOf(type) : undefined) : (row.default as JsonValue);
  return valueOf(type, value, extensions, row.enum);
}

function valueOf(
  type: Type,
  value: JsonValue | undefined,
  extensions: Readonly<Record<string, JsonValue>> = {},
  words?: readonly string[],
): JsonObject {
  const rest = { ...(value === undefined ? {} : { default: value }), ...extensions };
  const enumeration = words === undefined ? {} : { enum: words };
  switch (type.kind) {
    case 'string':
      return { type: 'string', ...enumeration, ...rest };
    case 'bytes':
      return { type: 'string', format: 'byte', ...rest };
    case 'bool':
      return { type: 'boolean', ...rest };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: type.kind, ...rest };
    case 'float64':
      return { type: 'number', format: 'double', ...rest };
    case 'any':
      return rest;
    case 'list':
      return { type: 'array', items: valueOf(type.element, zeroOf(type.element), {}, words), ...rest };
    case 'map':
      return { type: 'object', additionalProperties: valueOf(type.element, zeroOf(type.element)), ...rest };
    case 'struct':
      return reference(type.struct.model, rest);
    case 'Time':
    case 'MicroTime':
    case 'Quantity':
    case 'IntOrString':
    case 'RawExtension':
    case 'FieldsV1':
    case 'JSON':
    case 'JSONSchemaPropsOrBool':
    case 'JSONSchemaPropsOrArray':
    case 'JSONSchemaPropsOrStringArray':
      return reference(specialModel(type) ?? '', rest);
  }
}

/** OpenAPI 3.0 ignores what stands beside `$ref`. */
function reference(model: string, beside: JsonObject): JsonObject {
  const ref = { $ref: refTo(model) };
  return Object.keys(beside).length === 0 ? ref : { allOf: [ref], ...beside };
}

function zeroOf(type: Type): JsonValue | undefined {
  if (type.kind === 'string') return '';
  if (type.kind === 'bool') return false;
  if (type.kind === 'int32' || type.kind === 'int64' || type.kind === 'float64') return 0;
  return type.kind === 'struct' ? {} : undefined;
}
