import { ageColumn, firstThree, nameColumn, textColumn } from '../../columns.ts';
import { isEqual } from '../../field-rules.ts';
import type { KindDefinition, Mutable } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { endpointSlices } from '../../resources.ts';
import type { EndpointSlice } from '../../schema/discovery-v1.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './endpoint-slice-validation.ts';

/** Upstream: pkg/apis/discovery/v1/defaults.go, pkg/registry/discovery/endpointslice/strategy.go. */
export const endpointSliceKind: KindDefinition<EndpointSlice> = {
  resource: endpointSlices,
  subresources: [],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('AddressType', ({ addressType }) => addressType),
    textColumn('Ports', ({ ports }) => {
      const list = (ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? '*') : String(port)));
      return firstThree(list, '<unset>');
    }),
    textColumn('Endpoints', ({ endpoints }) =>
      firstThree(
        (endpoints ?? []).flatMap(({ addresses }) => addresses),
        '<unset>',
      ),
    ),
    ageColumn,
  ],
  validateName: dns1123Subdomain,
  setDefaults(slice) {
    for (const port of slice.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
    for (const endpoint of slice.endpoints ?? []) endpoint.conditions ??= {};
  },
  prepareCreate: dropTopology,
  prepareUpdate(slice, old) {
    if (!isEqual(slice.endpoints, old.endpoints)) dropTopology(slice);
  },
  validateCreate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  warnings: ({ addressType }) => (addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
};

/** The field is of v1beta1; writes through v1 lose it (upstream dropTopologyOnV1). */
function dropTopology(slice: Mutable<EndpointSlice>): void {
  for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology;
}
