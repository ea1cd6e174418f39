import {
  matchesLabels,
  requirement,
  selectorOfLabels,
  type Requirement,
  type SelectorOperator,
} from '../../label-selector.ts';
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../schema/core-v1.ts';

type NamedNode = Pick<Node, 'metadata'>;

/** Whether `nodeSelector` and the required node affinity of a pod let it run on a node (component-helpers nodeaffinity). */
export function selectsNode({ spec }: Pick<Pod, 'spec'>, node: NamedNode): boolean {
  if (spec.nodeSelector !== undefined && !matchesLabels(selectorOfLabels(spec.nodeSelector), node.metadata.labels))
    return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesNode(term, node, false));
}

/** An empty term selects nothing where it is required, and everything where it is preferred. */
export function matchesNode(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { metadata }: NamedNode,
  emptyMatches: boolean,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return emptyMatches;
  return (
    matchesAll(matchExpressions, metadata.labels ?? {}) && matchesAll(matchFields, { 'metadata.name': metadata.name })
  );
}

const operators: Readonly<Record<string, SelectorOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
};

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
