import { requestOf } from '../../framework/amounts.ts';
import type { NodeInfo } from '../../framework/node-info.ts';
import { maxNodeScore, type ScorePlugin } from '../../framework/plugin.ts';

const balanced = ['cpu', 'memory'] as const;

/**
 * Prefers nodes whose use of cpu and memory the pod makes more alike: 75 when it changes nothing,
 * more when it evens out. Pods that ask for nothing are not scored.
 * Upstream: noderesources/balanced_allocation.go of 1.36.
 */
export const nodeResourcesBalancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  appliesTo: (pod) => balanced.some((resource) => (requestOf(pod).get(resource) ?? 0) > 0),
  score(pod, _node, info) {
    const request = requestOf(pod);
    const without = evenness(info, () => 0);
    const withPod = evenness(info, (resource) => request.get(resource) ?? 0);
    return Math.floor(maxNodeScore / 2 + (maxNodeScore / 2 + (withPod - without)) / 2);
  },
};

/** 100 when both fractions are equal, less the further they are apart. */
function evenness(info: NodeInfo, added: (resource: string) => number): number {
  const fractions = balanced.flatMap((resource) => {
    const capacity = info.allocatable.get(resource) ?? 0;
    return capacity === 0 ? [] : [Math.min(1, (info.requested(resource) + added(resource)) / capacity)];
  });
  const [a = 0, b = a] = fractions;
  return Math.floor((1 - Math.abs(a - b) / 2) * maxNodeScore);
}
