import type { KindDefinition, Mutable } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { customResourceDefinitions } from '../../resources.ts';
import type { CustomResourceDefinition } from '../../schema/apiextensions-v1.ts';
import { nameColumn } from '../../columns.ts';
import { warningsOfFormats } from './schema-formats.ts';
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from './definition-validation.ts';

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
    status.storedVersions ??= [];
    if (status.storedVersions.length === 0) noteStorageVersion(definition);
    status.acceptedNames ??= { plural: '', kind: '' };
    status.conditions ??= [];
  },
  prepareCreate(definition) {
    definition.status = { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: [] };
    noteStorageVersion(definition);
  },
  prepareUpdate: noteStorageVersion,
  validateCreate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  validateStatusUpdate: validateDefinitionStatus,
  warnings: (definition) => [...new Set(warningsOfFormats(definition))],
};

/** Every version that has ever stored objects is remembered. */
function noteStorageVersion({ spec, status }: Mutable<CustomResourceDefinition>): void {
  const storage = spec.versions.find((version) => version.storage);
  if (storage !== undefined && !status.storedVersions.includes(storage.name)) status.storedVersions.push(storage.name);
}
