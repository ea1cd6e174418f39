import type { Field, Struct, Type } from './struct.ts';

/** Objects that Go always writes in full, even from nothing. A fresh one each time: it may be changed in place. */
export function zeroStruct(struct: Struct): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of struct.fields) if (field.isAlwaysWritten) out[field.name] = zeroOf(field);
  return out;
}

/** What stands for null or absence in this field; undefined: nothing. */
export function zeroOf(field: Field): unknown {
  return field.isAlwaysWritten ? zeroOfType(field.type) : undefined;
}

export function zeroOfType(type: Type): unknown {
  switch (type.kind) {
    case 'string':
    case 'bytes':
      return '';
    case 'bool':
    case 'JSONSchemaPropsOrBool':
      return false;
    case 'int32':
    case 'int64':
    case 'float64':
    case 'IntOrString':
      return 0;
    case 'Quantity':
      return '0';
    case 'struct':
      return zeroStruct(type.struct);
    case 'list':
    case 'JSONSchemaPropsOrStringArray':
      return [];
    case 'map':
      return {};
    case 'JSON':
    case 'any':
    case 'RawExtension':
      return null;
    case 'Time':
    case 'MicroTime':
    case 'FieldsV1':
    case 'JSONSchemaPropsOrArray':
      return undefined;
  }
}
