import { invalidValue, type FieldError } from '../../api/field-error.ts';
import type { CustomResourceDefinitionVersion } from '../../api/schema/apiextensions-v1.ts';
import { fieldNames, parseJsonPath } from './json-path.ts';

/** Paths that this server could not follow are refused where they are written, not ignored where they are read. */
export function validatePaths(version: CustomResourceDefinitionVersion, path: string): readonly FieldError[] {
  const { additionalPrinterColumns = [], subresources } = version;
  const columns = additionalPrinterColumns.flatMap(({ jsonPath }, index) => {
    if (jsonPath === '' || parseJsonPath(jsonPath) !== undefined) return [];
    const at = `${path}.additionalPrinterColumns[${index}].JSONPath`;
    return [invalidValue(at, jsonPath, 'must be a simple json path')];
  });
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = subresources?.scale ?? {};
  const scale = Object.entries({ specReplicasPath, statusReplicasPath, labelSelectorPath }).flatMap(
    ([field, value]) => {
      if (value === '' || fieldNames(parseJsonPath(value)) !== undefined) return [];
      const at = `${path}.subresources.scale.${field}`;
      return [invalidValue(at, value, 'must be a json path in the dot notation')];
    },
  );
  return [...columns, ...scale];
}
