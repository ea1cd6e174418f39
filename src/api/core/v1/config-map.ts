import { ageColumn, countColumn, nameColumn } from '../../columns.ts';
import { type FieldError, invalidValue } from '../../field-error.ts';
import type { KindDefinition } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { configMaps } from '../../resources.ts';
import type { ConfigMap } from '../../schema/core-v1.ts';
import { validateImmutability, validateKeys, validateSize } from './key-value-data.ts';

/** Upstream: pkg/registry/core/configmap/strategy.go. */
export const configMapKind: KindDefinition<ConfigMap> = {
  resource: configMaps,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  selectableFields: {},
  columns: [
    nameColumn,
    countColumn('Data', ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length),
    ageColumn,
  ],
  validateName: dns1123Subdomain,
  setDefaults: () => {},
  validateCreate: validateConfigMap,
  validateUpdate: (map, old) => [...validateImmutability(map, old, ['data', 'binaryData']), ...validateConfigMap(map)],
};

/** Upstream ValidateConfigMap. */
function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): readonly FieldError[] {
  const repeated = Object.keys(data)
    .filter((key) => Object.hasOwn(binaryData, key))
    .map((key) => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  return [
    ...validateKeys(data, 'data'),
    ...repeated,
    ...validateKeys(binaryData, 'binaryData'),
    ...validateSize({ text: data, binary: binaryData }, '[]'),
  ];
}
