import { ageColumn, nameColumn, textColumn } from '../../columns.ts';
import type { KindDefinition } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { endpoints } from '../../resources.ts';
import type { Endpoints } from '../../schema/core-v1.ts';
import { validateEndpoints, validateEndpointsUpdate } from './endpoints-validation.ts';

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/registry/core/endpoint/strategy.go. */
export const endpointsKind: KindDefinition<Endpoints> = {
  resource: endpoints,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  selectableFields: {},
  columns: [nameColumn, textColumn('Endpoints', addressesText), ageColumn],
  validateName: dns1123Subdomain,
  setDefaults(object) {
    for (const subset of object.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP';
  },
  validateCreate: validateEndpoints,
  validateUpdate: validateEndpointsUpdate,
};

function addressesText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`)),
  );
  return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',');
}
