import { base64OfText } from '../../base64-text.ts';
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
    if (secret.stringData !== undefined) {
      // A way to write, never to read.
      const encoded = Object.entries(secret.stringData).map(([key, text]) => [key, base64OfText(text)]);
      secret.data = { ...secret.data, ...(Object.fromEntries(encoded) as Record<string, string>) };
      delete secret.stringData;
    }
    secret.type ||= 'Opaque';
  },
  validateCreate: validateSecret,
  validateUpdate: validateSecretUpdate,
};
