import { matchesNode, selectsNode } from '../../../api/core/v1/node-selection.ts';
import { normalizeByMax, type FilterPlugin, type ScorePlugin } from '../../framework/plugin.ts';

/** nodeSelector and node affinity: required terms filter, preferred ones score by their weights. */
export const nodeAffinity: FilterPlugin & ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  filter(pod, node) {
    return selectsNode(pod, node) ? [] : ["node(s) didn't match Pod's node affinity/selector"];
  },
  appliesTo: ({ spec }) =>
    (spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).length > 0,
  score({ spec }, node) {
    const preferred = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.reduce(
      (sum, { weight, preference }) => sum + (matchesNode(preference, node, true) ? weight : 0),
      0,
    );
  },
  normalize: (scores) => normalizeByMax(scores, false),
};
