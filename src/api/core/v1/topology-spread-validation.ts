import { type FieldError, duplicate, invalidValue, notSupported, required } from '../../field-error.ts';
import { isOneOfOrAbsent, isPositive } from '../../field-rules.ts';
import { validateLabelSelector } from '../../label-selector.ts';
import type { TopologySpreadConstraint } from '../../schema/core-v1.ts';
import { validateMatchLabelKeys } from './match-label-keys.ts';

const policies = ['Honor', 'Ignore'];
const actions = ['DoNotSchedule', 'ScheduleAnyway'];

/** Upstream validateTopologySpreadConstraints. */
export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[],
  path: string,
): readonly FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const at = `${path}[${index}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable: action, minDomains, labelSelector } = constraint;
    const errors: FieldError[] = [...isPositive(maxSkew, `${at}.maxSkew`)];
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (!actions.includes(action)) errors.push(notSupported(`${at}.whenUnsatisfiable`, action, actions));
    const isRepeated = constraints
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === action);
    if (isRepeated) {
      const pair = `{${topologyKey}, ${action}}`;
      errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    }
    if (minDomains !== undefined) {
      errors.push(...isPositive(minDomains, `${at}.minDomains`));
      const why = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
      if (action !== 'DoNotSchedule') errors.push(invalidValue(`${at}.minDomains`, minDomains, why));
    }
    errors.push(
      ...isOneOfOrAbsent(constraint.nodeAffinityPolicy, policies, `${at}.nodeAffinityPolicy`),
      ...isOneOfOrAbsent(constraint.nodeTaintsPolicy, policies, `${at}.nodeTaintsPolicy`),
      ...validateMatchLabelKeys(at, constraint.matchLabelKeys ?? [], [], labelSelector),
      ...validateLabelSelector(labelSelector, `${at}.labelSelector`),
    );
    return errors;
  });
}
