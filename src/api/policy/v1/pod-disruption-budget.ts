import { ageColumn, integerColumn, nameColumn, textColumn } from '../../columns.ts';
import type { IntOrString } from '../../int-or-string.ts';
import type { KindDefinition, Mutable } from '../../kind.ts';
import { pathSegment } from '../../names.ts';
import { podDisruptionBudgets } from '../../resources.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../schema/policy-v1.ts';
import { validatePodDisruptionBudget, validatePodDisruptionBudgetStatus } from './pod-disruption-budget-validation.ts';

/** Upstream: pkg/registry/policy/poddisruptionbudget/strategy.go. */
export const podDisruptionBudgetKind: KindDefinition<PodDisruptionBudget> = {
  resource: podDisruptionBudgets,
  subresources: ['status'],
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Min Available', ({ spec }) => orNotApplicable(spec.minAvailable)),
    textColumn('Max Unavailable', ({ spec }) => orNotApplicable(spec.maxUnavailable)),
    integerColumn('Allowed Disruptions', ({ status }) => status.disruptionsAllowed),
    ageColumn,
  ],
  // Upstream has no rule of its own here.
  validateName: pathSegment,
  setDefaults(budget) {
    budget.spec ??= {};
    budget.status = { ...emptyStatus, ...budget.status };
  },
  prepareCreate(budget) {
    budget.status = { ...emptyStatus };
  },
  validateCreate: validatePodDisruptionBudget,
  validateUpdate: validatePodDisruptionBudget,
  validateStatusUpdate: validatePodDisruptionBudgetStatus,
};

const emptyStatus: Mutable<PodDisruptionBudgetStatus> = {
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
};

function orNotApplicable(value: IntOrString | undefined): string {
  return value === undefined ? 'N/A' : String(value);
}
