import { normalizeByMax, type FilterPlugin, type ScorePlugin } from '../../framework/plugin.ts';
import { firstUntolerated, tolerates } from '../../../api/core/v1/tolerations.ts';

/** Hard taints keep pods away; soft ones make a node less welcome, by how many are not tolerated. */
export const taintToleration: FilterPlugin & ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  filter(pod, node) {
    const taint = firstUntolerated(node.spec.taints, pod.spec.tolerations, ['NoSchedule', 'NoExecute']);
    return taint === undefined ? [] : ['node(s) had untolerated taint(s)'];
  },
  score(pod, node) {
    const soft =
      pod.spec.tolerations?.filter(({ effect = '' }) => effect === '' || effect === 'PreferNoSchedule') ?? [];
    return (node.spec.taints ?? []).filter(
      (taint) => taint.effect === 'PreferNoSchedule' && !soft.some((toleration) => tolerates(toleration, taint)),
    ).length;
  },
  normalize: (scores) => normalizeByMax(scores, true),
};
