import type { CustomResourceDefinition, JSONSchemaProps } from '../../schema/apiextensions-v1.ts';
import { subschemasOf } from './subschemas.ts';

const textFormats = new Set(
  (
    'bsonobjectid uri email hostname ipv4 ipv6 cidr mac uuid uuid3 uuid4 uuid5 isbn isbn10 isbn13 creditcard ssn ' +
    'hexcolor rgbcolor byte password date duration datetime k8sshortname k8slongname'
  ).split(' '),
);

/** Formats that mean nothing are kept and never checked (upstream GetUnrecognizedFormats). */
export function warningsOfFormats({ spec }: CustomResourceDefinition): readonly string[] {
  return spec.versions.flatMap(({ schema }) =>
    unknownFormats(schema?.openAPIV3Schema).map((format) => `unrecognized format ${JSON.stringify(format)}`),
  );
}

function unknownFormats(schema: JSONSchemaProps | undefined): readonly string[] {
  if (schema === undefined) return [];
  const { format = '', type = '' } = schema;
  const own = format === '' || isKnown(format, type) ? [] : [format];
  return [...own, ...subschemasOf(schema).flatMap(unknownFormats)];
}

function isKnown(format: string, type: string): boolean {
  switch (type) {
    case '':
    case 'string':
      return textFormats.has(format.replaceAll('-', ''));
    case 'integer':
      return format === 'int32' || format === 'int64';
    case 'number':
      return format === 'float' || format === 'double';
    default:
      return false;
  }
}
