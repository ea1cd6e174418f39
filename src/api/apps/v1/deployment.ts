import { ageColumn, containerColumns, countColumn, nameColumn, textColumn, wide } from '../../columns.ts';
import { setTemplateDefaults } from '../../core/v1/pod-spec-defaults.ts';
import { warningsOfName, warningsOfPodSpec } from '../../core/v1/pod-warnings.ts';
import { isEqual } from '../../field-rules.ts';
import type { KindDefinition, Mutable } from '../../kind.ts';
import { formatSelector, selectorOf } from '../../label-selector.ts';
import { dns1123Subdomain } from '../../names.ts';
import { deployments } from '../../resources.ts';
import type { Deployment } from '../../schema/apps-v1.ts';
import {
  validateDeployment,
  validateDeploymentStatusUpdate,
  validateDeploymentUpdate,
} from './deployment-validation.ts';

/** Upstream: pkg/apis/apps/v1/defaults.go, pkg/registry/apps/deployment/strategy.go. */
export const deploymentKind: KindDefinition<Deployment> = {
  resource: deployments,
  subresources: ['scale', 'status'],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Ready', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    countColumn('Up-to-date', ({ status }) => status.updatedReplicas ?? 0),
    countColumn('Available', ({ status }) => status.availableReplicas ?? 0),
    ageColumn,
    ...containerColumns<Deployment>(),
    wide(textColumn('Selector', selectorText)),
  ],
  validateName: dns1123Subdomain,
  setDefaults: setDeploymentDefaults,
  prepareUpdate(deployment, old) {
    // Annotations count here, unlike elsewhere.
    const isAnnotated = !isEqual(deployment.metadata.annotations, old.metadata.annotations);
    if (isAnnotated && isEqual(deployment.spec, old.spec))
      deployment.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  prepareStatusUpdate(deployment, old) {
    if (old.metadata.labels === undefined) delete deployment.metadata.labels;
    else deployment.metadata.labels = { ...old.metadata.labels };
  },
  validateCreate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  validateStatusUpdate: validateDeploymentStatusUpdate,
  warnings: ({ metadata, spec }) => [
    ...warningsOfName(metadata.name ?? '', 'Pod names and hostnames'),
    ...warningsOfPodSpec(spec.template.spec, 'spec.template'),
  ],
};

function setDeploymentDefaults(deployment: Mutable<Deployment>): void {
  deployment.spec ??= {} as typeof deployment.spec;
  deployment.status ??= {};
  const { spec } = deployment;
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
    spec.strategy.rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  spec.template ??= {} as typeof spec.template;
  setTemplateDefaults(spec.template);
}

function selectorText({ spec }: Deployment): string {
  try {
    return formatSelector(selectorOf(spec.selector));
  } catch {
    return '<invalid>';
  }
}
