import { requestOf, scoredRequestOf } from '../../framework/amounts.ts';
import { maxNodeScore, type FilterPlugin, type ScorePlugin } from '../../framework/plugin.ts';

const scored = ['cpu', 'memory'] as const;

/** What the pod asks for must be free; of the nodes that have it, the emptier is better (LeastAllocated). */
export const nodeResourcesFit: FilterPlugin & ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  filter(pod, _node, info) {
    const reasons: string[] = [];
    const podsMax = info.allocatable.get('pods') ?? 0;
    if (info.podCount + 1 > podsMax) reasons.push('Too many pods');
    for (const [resource, amount] of requestOf(pod)) {
      // A request of nothing fits even where more than everything is taken.
      if (amount > 0 && amount > (info.allocatable.get(resource) ?? 0) - info.requested(resource))
        reasons.push(`Insufficient ${resource}`);
    }
    return reasons;
  },
  /** What is more than the node has at all, nobody can make room for. */
  isResolvable: (pod, { allocatable }) =>
    [...requestOf(pod)].every(([resource, amount]) => amount <= (allocatable.get(resource) ?? 0)),
  score(pod, _node, info) {
    const request = scoredRequestOf(pod);
    let [sum, weights] = [0, 0];
    for (const resource of scored) {
      const capacity = info.allocatable.get(resource) ?? 0;
      if (capacity === 0) continue;
      const taken = info.scoredRequested(resource) + (request.get(resource) ?? 0);
      sum += taken > capacity ? 0 : Math.floor(((capacity - taken) * maxNodeScore) / capacity);
      weights++;
    }
    return weights === 0 ? 0 : Math.floor(sum / weights);
  },
};
