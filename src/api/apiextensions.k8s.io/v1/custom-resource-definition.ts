import type { KindDefinition } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { customResourceDefinitions } from '../../resources.ts';
import type { CustomResourceDefinition } from '../../schema/apiextensions-v1.ts';
import { nameColumn } from '../../columns.ts';

/** Upstream: apiextensions-apiserver pkg/apis/apiextensions/v1/defaults.go, pkg/registry/customresourcedefinition. */
export const customResourceDefinitionKind: KindDefinition<CustomResourceDefinition> = {
  resource: customResourceDefinitions,
  subresources: ['status'],
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  selectableFields: {},
  columns: [nameColumn, { name: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp }],
  validateName: dns1123Subdomain,
  setDefaults(definition) {
    definition.spec ??= {} as typeof definition.spec;
    definition.status ??= {} as typeof definition.status;
    const { spec, status } = definition;
    spec.names ??= {} as typeof spec.names;
    spec.names.singular ||= (spec.names.kind ?? '').toLowerCase();
    if ((spec.names.kind ?? '') !== '') spec.names.listKind ||= `${spec.names.kind}List`;
    spec.versions ??= [];
    spec.conversion ??= { strategy: 'None' };
    const stored = spec.versions.find(({ storage }) => storage);
    if ((status.storedVersions ?? []).length === 0) status.storedVersions = stored === undefined ? [] : [stored.name];
    status.acceptedNames ??= { plural: '', kind: '' };
    status.conditions ??= [];
  },
  validateCreate: () => [],
  validateUpdate: () => [],
};
