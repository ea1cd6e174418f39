import { ageColumn, labelsText, nameColumn, textColumn, wide } from '../../columns.ts';
import type { KindDefinition } from '../../kind.ts';
import { dns1123Label } from '../../names.ts';
import { services } from '../../resources.ts';
import type { Service } from '../../schema/core-v1.ts';
import { setServiceDefaults } from './service-defaults.ts';
import { dropTypeDependentFields, keepAllocatedValues } from './service-addresses.ts';
import { validateServiceUpdate } from './service-update-validation.ts';
import { validateService, validateServiceStatus } from './service-validation.ts';
import { warningsOfService } from './service-warnings.ts';

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/registry/core/service/strategy.go. */
export const serviceKind: KindDefinition<Service> = {
  resource: services,
  subresources: ['status'],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '',
    'spec.type': ({ spec }) => spec.type ?? '',
  },
  columns: [
    nameColumn,
    textColumn('Type', ({ spec }) => spec.type ?? ''),
    textColumn('Cluster-IP', ({ spec }) => spec.clusterIPs?.[0] ?? '<none>'),
    // Upstream clips a load balancer's addresses to 16 characters without -o wide, of which a cell knows nothing.
    textColumn('External-IP', externalIP),
    textColumn('Port(s)', ({ spec }) => {
      const ports = (spec.ports ?? []).map(
        ({ port, nodePort = 0, protocol }) => `${port}${nodePort > 0 ? `:${nodePort}` : ''}/${protocol}`,
      );
      return ports.length === 0 ? '<none>' : ports.join(',');
    }),
    ageColumn,
    wide(textColumn('Selector', ({ spec }) => labelsText(spec.selector))),
  ],
  validateName: dns1123Label,
  setDefaults: setServiceDefaults,
  prepareCreate(service) {
    service.status = { loadBalancer: {} };
    keepAllocatedValues(service, undefined);
  },
  prepareUpdate(service, old) {
    keepAllocatedValues(service, old);
    dropTypeDependentFields(service, old);
  },
  validateCreate: (service) => validateService(service),
  validateUpdate: validateServiceUpdate,
  validateStatusUpdate: validateServiceStatus,
  warnings: warningsOfService,
};

function externalIP({ spec, status }: Service): string {
  const given = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return given.length > 0 ? given.join(',') : '<none>';
    case 'LoadBalancer': {
      const ingress = (status.loadBalancer.ingress ?? [])
        .map(({ ip = '', hostname = '' }) => (ip === '' ? hostname : ip))
        .filter((address) => address !== '');
      const addresses = [...[...new Set(ingress)].toSorted(), ...given];
      return addresses.length > 0 ? addresses.join(',') : '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    case undefined:
    default:
      return '<unknown>';
  }
}
