import { ageColumn, countColumn, nameColumn } from '../../columns.ts';
import type { KindDefinition } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { configMaps } from '../../resources.ts';
import type { ConfigMap } from '../../schema/core-v1.ts';

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
  validateCreate: () => [],
  validateUpdate: () => [],
};
