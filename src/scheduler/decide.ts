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
  const feasible: Candidate[] = [];
  const refusals: Refusal[] = [];
  for (const info of nodes) {
    const node = info.node;
    if (node === undefined) continue;
    const refusal = firstRefusal(pod, node, info, profile);
    if (refusal === undefined) feasible.push({ node, info });
    else refusals.push(refusal);
  }
  if (feasible.length === 0) {
    const why = fitError(refusals.map(({ reasons }) => reasons));
    return { node: undefined, message: `${why} no new claims to deallocate, ${withoutPreemption(pod, refusals)}` };
  }
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

interface Refusal {
  readonly reasons: readonly string[];
  readonly info: NodeInfo;
  /** It could take the pod if others left it. */
  readonly isResolvable: boolean;
}

function firstRefusal(pod: Pod, node: Node, info: NodeInfo, { filters }: Profile): Refusal | undefined {
  for (const plugin of filters) {
    const reasons = plugin.filter(pod, node, info);
    if (reasons.length > 0) return { reasons, info, isResolvable: plugin.isResolvable?.(pod, info) === true };
  }
  return undefined;
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

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`; `reasons` are those of each node. */
function fitError(reasons: readonly (readonly string[])[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return `0/${reasons.length} nodes are available: ${parts.join(', ')}.`;
}

/**
 * What upstream says when it finds nobody to preempt. Where it would find somebody, this says that nobody is
 * preempted here (framework/preemption, plugins/defaultpreemption).
 */
function withoutPreemption(pod: Pod, refusals: readonly Refusal[]): string {
  if (pod.spec.preemptionPolicy === 'Never') return 'preemption: not eligible due to preemptionPolicy=Never.';
  const priority = pod.spec.priority ?? 0;
  const reasons = refusals.map(({ isResolvable, info }) => {
    if (!isResolvable) return ['Preemption is not helpful for scheduling'];
    const hasVictims = [...info.pods].some(({ spec }) => (spec.priority ?? 0) < priority);
    return [hasVictims ? 'Preemption is not served' : 'No preemption victims found for incoming pod'];
  });
  return `preemption: ${fitError(reasons)}`;
}
