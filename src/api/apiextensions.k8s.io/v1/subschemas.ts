import type { JSONSchemaProps } from '../../schema/apiextensions-v1.ts';
import { itemsOf } from './structural-schema.ts';

/** The schemas right below this one, wherever a keyword may hold one. */
export function subschemasOf(schema: JSONSchemaProps): readonly JSONSchemaProps[] {
  const { allOf = [], anyOf = [], oneOf = [], not, properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  return [
    ...(items === undefined ? [] : [items]),
    ...allOf,
    ...anyOf,
    ...oneOf,
    ...(not === undefined ? [] : [not]),
    ...Object.values(properties),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
  ];
}
