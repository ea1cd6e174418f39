import {
  matchesLabels,
  requirement,
  selectorOfLabels,
  type Requirement,
  type SelectorOperator,
} from '../../../api/label-selector.ts';
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../../api/schema/core-v1.ts';
import { normalizeByMax, type FilterPlugin, type ScorePlugin } from '../../framework/plugin.ts';

const operators: Readonly<Record<string, SelectorOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
};

/** nodeSelector and node affinity: required terms filter, preferred ones score by their weights. */
export const nodeAffinity: FilterPlugin & ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  filter(pod, node) {
    return matches(pod, node) ? [] : ["node(s) didn't match Pod's node affinity/selector"];
  },
  appliesTo: ({ spec }) =>
    (spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).length > 0,
  score({ spec }, node) {
    const preferred = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.reduce(
      (sum, { weight, preference }) => sum + (matchesTerm(preference, node, true) ? weight : 0),
      0,
    );
  },
  normalize: (scores) => normalizeByMax(scores, false),
};

function matches({ spec }: Pod, node: Node): boolean {
  if (spec.nodeSelector !== undefined && !matchesLabels(selectorOfLabels(spec.nodeSelector), node.metadata.labels))
    return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node, false));
}

/** An empty term selects nothing where it is required, and everything where it is preferred. */
function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: Node,
  emptyMatches: boolean,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return emptyMatches;
  const fields = { 'metadata.name': node.metadata.name };
  return matchesAll(matchExpressions, node.metadata.labels ?? {}) && matchesAll(matchFields, fields);
}

function matchesAll(
  expressions: readonly NodeSelectorRequirement[],
  labels: Readonly<Record<string, string>>,
): boolean {
  const requirements: Requirement[] = [];
  for (const { key, operator, values = [] } of expressions) {
    const known = operators[operator];
    if (known === undefined) return false;
    requirements.push(requirement(key, known, values));
  }
  return matchesLabels({ requirements }, labels);
}
