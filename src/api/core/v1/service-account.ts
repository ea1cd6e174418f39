import { ageColumn, nameColumn } from '../../columns.ts';
import type { KindDefinition, Mutable } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { serviceAccounts } from '../../resources.ts';
import type { ServiceAccount } from '../../schema/core-v1.ts';

/** Upstream: pkg/registry/core/serviceaccount/strategy.go. */
export const serviceAccountKind: KindDefinition<ServiceAccount> = {
  resource: serviceAccounts,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  selectableFields: {},
  columns: [nameColumn, ageColumn],
  validateName: dns1123Subdomain,
  setDefaults: () => {},
  prepareCreate: keepOnlyNamesOfSecrets,
  prepareUpdate: keepOnlyNamesOfSecrets,
  validateCreate: () => [],
  validateUpdate: () => [],
};

function keepOnlyNamesOfSecrets(account: Mutable<ServiceAccount>): void {
  if (account.secrets === undefined) return;
  account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}
