import { ageColumn, containerColumns, integerColumn, nameColumn, textColumn, wide } from '../../columns.ts';
import { setTemplateDefaults } from '../../core/v1/pod-spec-defaults.ts';
import { warningsOfName, warningsOfPodSpec } from '../../core/v1/pod-warnings.ts';
import type { KindDefinition } from '../../kind.ts';
import { formatLabelSelector } from '../../label-selector.ts';
import { dns1123Subdomain } from '../../names.ts';
import { replicaSets } from '../../resources.ts';
import type { ReplicaSet } from '../../schema/apps-v1.ts';
import { validateReplicaSet, validateReplicaSetStatus, validateReplicaSetUpdate } from './replica-set-validation.ts';

/** Upstream: pkg/apis/apps/v1/defaults.go, pkg/registry/apps/replicaset/strategy.go. */
export const replicaSetKind: KindDefinition<ReplicaSet> = {
  resource: replicaSets,
  subresources: ['scale', 'status'],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  selectableFields: {},
  columns: [
    nameColumn,
    integerColumn('Desired', ({ spec }) => spec.replicas ?? 0),
    integerColumn('Current', ({ status }) => status.replicas),
    integerColumn('Ready', ({ status }) => status.readyReplicas ?? 0),
    ageColumn,
    ...containerColumns<ReplicaSet>(),
    wide(textColumn('Selector', ({ spec }) => formatLabelSelector(spec.selector))),
  ],
  validateName: dns1123Subdomain,
  setDefaults(replicaSet) {
    replicaSet.spec ??= {} as typeof replicaSet.spec;
    replicaSet.status ??= { replicas: 0 };
    replicaSet.status.replicas ??= 0;
    replicaSet.spec.replicas ??= 1;
    replicaSet.spec.template ??= {} as NonNullable<typeof replicaSet.spec.template>;
    setTemplateDefaults(replicaSet.spec.template);
  },
  prepareCreate(replicaSet) {
    replicaSet.status = { replicas: 0 };
  },
  validateCreate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  validateStatusUpdate: validateReplicaSetStatus,
  warnings: ({ metadata, spec }) => [
    ...warningsOfName(metadata.name ?? '', 'Pod names and hostnames'),
    ...warningsOfPodSpec(spec.template!.spec, 'spec.template'),
  ],
};
