import { type FieldError, invalidValue, required } from '../../field-error.ts';
import { validateLabelName, validateLabelSelector } from '../../label-selector.ts';
import { dns1123Label } from '../../names.ts';
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm } from '../../schema/core-v1.ts';
import { validateMatchLabelKeys } from './match-label-keys.ts';
import { validateNodeSelector, validateNodeSelectorTerm } from './node-selector-validation.ts';

/** Upstream validateAffinity. */
export function validateAffinity(
  { nodeAffinity, podAffinity, podAntiAffinity }: Affinity,
  path: string,
): readonly FieldError[] {
  return [
    ...(nodeAffinity === undefined ? [] : validateNodeAffinity(nodeAffinity, `${path}.nodeAffinity`)),
    ...(podAffinity === undefined ? [] : validatePodAffinity(podAffinity, `${path}.podAffinity`)),
    ...(podAntiAffinity === undefined ? [] : validatePodAffinity(podAntiAffinity, `${path}.podAntiAffinity`)),
  ];
}

function validateWeight(weight: number, path: string): readonly FieldError[] {
  return weight >= 1 && weight <= 100 ? [] : [invalidValue(`${path}.weight`, weight, 'must be in the range 1-100')];
}

function validateNodeAffinity(affinity: NodeAffinity, path: string): readonly FieldError[] {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: must,
    preferredDuringSchedulingIgnoredDuringExecution: should = [],
  } = affinity;
  return [
    ...(must === undefined ? [] : validateNodeSelector(must, `${path}.requiredDuringSchedulingIgnoredDuringExecution`)),
    ...should.flatMap(({ weight, preference }, index) => {
      const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      const termErrors = validateNodeSelectorTerm(preference, `${at}.preference`, { valuesAreLabels: false });
      return [...validateWeight(weight, at), ...termErrors];
    }),
  ];
}

function validatePodAffinity(affinity: PodAffinity, path: string): readonly FieldError[] {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: must = [],
    preferredDuringSchedulingIgnoredDuringExecution: should = [],
  } = affinity;
  return [
    ...must.flatMap((term, index) =>
      validateTerm(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`),
    ),
    ...should.flatMap(({ weight, podAffinityTerm }, index) => {
      const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      return [...validateWeight(weight, at), ...validateTerm(podAffinityTerm, `${at}.podAffinityTerm`)];
    }),
  ];
}

function validateTerm(term: PodAffinityTerm, path: string): readonly FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey } = term;
  return [
    ...validateLabelSelector(labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...namespaces.flatMap((name) =>
      dns1123Label(name).map((message) => invalidValue(`${path}.namespace`, name, message)),
    ),
    ...validateMatchLabelKeys(path, term.matchLabelKeys ?? [], term.mismatchLabelKeys ?? [], labelSelector),
    ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...validateLabelName(topologyKey, `${path}.topologyKey`),
  ];
}
