import { ageColumn, nameColumn, textColumn } from '../../columns.ts';
import type { KindDefinition } from '../../kind.ts';
import { dns1123Label } from '../../names.ts';
import { namespaces } from '../../resources.ts';
import type { Namespace } from '../../schema/core-v1.ts';
import { validateFinalizers, validateNamespaceStatus } from './namespace-validation.ts';

/** The label that every namespace carries, so that selectors can name it. */
export const namespaceNameLabel = 'kubernetes.io/metadata.name';

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/registry/core/namespace/strategy.go. */
export const namespaceKind: KindDefinition<Namespace> = {
  resource: namespaces,
  subresources: ['finalize', 'status'],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  selectableFields: {
    'status.phase': ({ status }) => status.phase ?? '',
  },
  columns: [nameColumn, textColumn('Status', ({ status }) => status.phase ?? ''), ageColumn],
  validateName: dns1123Label,
  setDefaults(namespace) {
    namespace.spec ??= {};
    namespace.status ??= {};
    namespace.status.phase ||= 'Active';
    if (namespace.metadata.name !== undefined && namespace.metadata.name !== '') setNameLabel(namespace.metadata);
  },
  prepareCreate(namespace) {
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec.finalizers ?? [];
    if (!finalizers.includes('kubernetes')) namespace.spec.finalizers = [...finalizers, 'kubernetes'];
    setNameLabel(namespace.metadata);
  },
  prepareUpdate(namespace, old) {
    namespace.spec = old.spec.finalizers === undefined ? {} : { finalizers: [...old.spec.finalizers] };
    setNameLabel(namespace.metadata);
  },
  validateCreate: (namespace) => validateFinalizers(namespace, () => 'spec.finalizers'),
  validateUpdate: (namespace) => validateFinalizers(namespace, (index) => `spec.finalizers[${index}]`),
  validateStatusUpdate: validateNamespaceStatus,
};

function setNameLabel(metadata: { readonly name: string; labels?: Record<string, string> | undefined }): void {
  metadata.labels = { ...metadata.labels, [namespaceNameLabel]: metadata.name };
}
