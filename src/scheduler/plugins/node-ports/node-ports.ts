import type { Pod } from '../../../api/schema/core-v1.ts';
import type { FilterPlugin } from '../../framework/plugin.ts';

/** Two pods of one node cannot hold the same host port, protocol and address. */
export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  filter(pod, _node, info) {
    const wanted = hostPorts(pod);
    if (wanted.length === 0) return [];
    for (const other of info.pods) {
      if (hostPorts(other).some((held) => wanted.some((port) => conflict(port, held)))) {
        return ["node(s) didn't have free ports for the requested pod ports"];
      }
    }
    return [];
  },
};

interface HostPort {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
}

function hostPorts({ spec }: Pod): readonly HostPort[] {
  const restartable = spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? [];
  return [...restartable, ...spec.containers].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, hostIP = '', protocol = '' }) =>
      hostPort === 0
        ? []
        : [{ ip: hostIP === '' ? '0.0.0.0' : hostIP, port: hostPort, protocol: protocol === '' ? 'TCP' : protocol }],
    ),
  );
}

function conflict(a: HostPort, b: HostPort): boolean {
  const sameAddress = a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0';
  return a.port === b.port && a.protocol === b.protocol && sameAddress;
}
