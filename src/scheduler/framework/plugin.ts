import type { Node, Pod } from '../../api/schema/core-v1.ts';
import type { NodeInfo } from './node-info.ts';

/** Says whether a pod may run on a node. */
export interface FilterPlugin {
  readonly name: string;
  /** Reasons why not, in upstream's words; none when it may. `info.node` is `node`. */
  filter(pod: Pod, node: Node, info: NodeInfo): readonly string[];
  /** Of a node that was refused: whether it could take the pod if others left it. Never, when absent. */
  isResolvable?(pod: Pod, info: NodeInfo): boolean;
}

/** Says how good a node is, among those that passed the filters. */
export interface ScorePlugin {
  readonly name: string;
  readonly weight: number;
  score(pod: Pod, node: Node, info: NodeInfo): number;
  /** Brings raw scores to 0..100; the identity when absent. */
  normalize?(scores: readonly number[]): readonly number[];
  /** False: the plugin has nothing to say of this pod, and adds 0. */
  appliesTo?(pod: Pod): boolean;
}

export const maxNodeScore = 100;

/** Scales to 0..100 by the largest; reversed, the largest becomes 0 (upstream's DefaultNormalizeScore). */
export function normalizeByMax(scores: readonly number[], reversed: boolean): readonly number[] {
  const max = Math.max(0, ...scores);
  if (max === 0) return scores.map(() => (reversed ? maxNodeScore : 0));
  return scores.map((score) => {
    const scaled = Math.floor((maxNodeScore * score) / max);
    return reversed ? maxNodeScore - scaled : scaled;
  });
}
