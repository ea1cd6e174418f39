import { ageColumn, nameColumn, textColumn } from '../../columns.ts';
import type { KindDefinition } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { leases } from '../../resources.ts';
import type { Lease } from '../../schema/coordination-v1.ts';
import { validateLease } from './lease-validation.ts';

/** Upstream: pkg/registry/coordination/lease/strategy.go. */
export const leaseKind: KindDefinition<Lease> = {
  resource: leases,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: false,
  selectableFields: {},
  columns: [nameColumn, textColumn('Holder', ({ spec }) => spec.holderIdentity ?? ''), ageColumn],
  validateName: dns1123Subdomain,
  setDefaults(lease) {
    lease.spec ??= {};
  },
  validateCreate: validateLease,
  validateUpdate: validateLease,
};
