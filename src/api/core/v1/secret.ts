import { ageColumn, countColumn, nameColumn, textColumn } from '../../columns.ts';
import type { KindDefinition } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { secrets } from '../../resources.ts';
import type { Secret } from '../../schema/core-v1.ts';
import { validateSecret, validateSecretUpdate } from './secret-validation.ts';

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/registry/core/secret/strategy.go. */
export const secretKind: KindDefinition<Secret> = {
  resource: secrets,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  selectableFields: { type: ({ type }) => type ?? '' },
  columns: [
    nameColumn,
    textColumn('Type', ({ type }) => type ?? ''),
    countColumn('Data', ({ data = {} }) => Object.keys(data).length),
    ageColumn,
  ],
  validateName: dns1123Subdomain,
  setDefaults(secret) {
    secret.type ||= 'Opaque';
  },
  validateCreate: validateSecret,
  validateUpdate: validateSecretUpdate,
};
