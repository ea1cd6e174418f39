import type { FilterPlugin } from '../../framework/plugin.ts';
import { tolerates } from '../../../api/core/v1/tolerations.ts';

const unschedulableTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Cordoned nodes take only pods that tolerate it. */
export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  filter(pod, node) {
    if (node.spec.unschedulable !== true) return [];
    const isTolerated = pod.spec.tolerations?.some((toleration) => tolerates(toleration, unschedulableTaint)) === true;
    return isTolerated ? [] : ['node(s) were unschedulable'];
  },
};
