import { hostPorts, portsConflict } from '../../../api/core/v1/host-ports.ts';
import type { FilterPlugin } from '../../framework/plugin.ts';

/** Two pods of one node cannot hold the same host port, protocol and address. */
export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  filter(pod, _node, info) {
    const wanted = hostPorts(pod);
    if (wanted.length === 0) return [];
    for (const other of info.pods) {
      if (portsConflict(wanted, hostPorts(other)))
        return ["node(s) didn't have free ports for the requested pod ports"];
    }
    return [];
  },
  isResolvable: () => true,
};
