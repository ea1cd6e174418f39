import type { Node, Pod } from '../api/schema/core-v1.ts';
import type { NodeInfo } from './framework/node-info.ts';
import type { ScorePlugin } from './framework/plugin.ts';
import type { Profile } from './plugins/default-profile.ts';
import { unsupportedConstraints } from './plugins/unsupported-constraints/unsupported-constraints.ts';

export type Placement =
  | { readonly node: string; readonly scores: readonly NodeScore[] }
  | { readonly node: undefined; readonly message: string };

export interface NodeScore {
  readonly node: string;
  readonly total: number;
  readonly byPlugin: Readonly<Record<string, number>>;
}

/**
 * Where a pod should run. `pick` chooses among equally good nodes: an index below its argument.
 * The message of a refusal is upstream's FitError: how many nodes fail for each reason.
 */
export function decide(
  pod: Pod,
  nodes: readonly NodeInfo[],
  profile: Profile,
  pick: (count: number) => number,
): Placement {
  const unsupported = unsupportedConstraints(pod);
  if (unsupported.length > 0) {
    return { node: undefined, message: `this scheduler cannot honour ${unsupported.join(', ')} yet` };
  }
  if (nodes.length === 0) return { node: undefined, message: 'no nodes available to schedule pods' };
  const reasons = new Map<string, number>();
  const feasible: Candidate[] = [];
  for (const info of nodes) {
    const node = info.node;
    if (node === undefined) continue;
    const refusal = firstRefusal(pod, node, info, profile);
    if (refusal.length === 0) feasible.push({ node, info });
    for (const reason of refusal) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  if (feasible.length === 0) return { node: undefined, message: fitError(nodes.length, reasons) };
  const scores = feasible.length === 1 ? [] : score(pod, feasible, profile.scores);
  const best = Math.max(...scores.map(({ total }) => total));
  const winners = scores.filter(({ total }) => total === best);
  const winner = scores.length === 0 ? feasible[0]?.node.metadata.name : winners[pick(winners.length)]?.node;
  if (winner === undefined) throw new Error(`bug: no winner among ${winners.length} nodes`);
  return { node: winner, scores };
}

interface Candidate {
  readonly node: Node;
  readonly info: NodeInfo;
}

function firstRefusal(pod: Pod, node: Node, info: NodeInfo, { filters }: Profile): readonly string[] {
  for (const plugin of filters) {
    const reasons = plugin.filter(pod, node, info);
    if (reasons.length > 0) return reasons;
  }
  return [];
}

function score(pod: Pod, candidates: readonly Candidate[], plugins: readonly ScorePlugin[]): readonly NodeScore[] {
  const totals = candidates.map(({ node }) => ({
    node: node.metadata.name,
    total: 0,
    byPlugin: {} as Record<string, number>,
  }));
  for (const plugin of plugins) {
    if (plugin.appliesTo?.(pod) === false) continue;
    const raw = candidates.map(({ node, info }) => plugin.score(pod, node, info));
    for (const [index, value] of (plugin.normalize?.(raw) ?? raw).entries()) {
      const entry = totals[index];
      if (entry === undefined) continue;
      entry.total += value * plugin.weight;
      entry.byPlugin[plugin.name] = value * plugin.weight;
    }
  }
  return totals;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` with the reasons in order of their text. */
function fitError(nodeCount: number, reasons: ReadonlyMap<string, number>): string {
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return `0/${nodeCount} nodes are available: ${parts.join(', ')}.`;
}
