import type { Pod } from '../../schema/core-v1.ts';
import { isSidecar } from './pod-resources.ts';

export interface HostPort {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
}

/** The ports of the node's own addresses that a pod holds while it runs. */
export function hostPorts({ spec }: Pick<Pod, 'spec'>): readonly HostPort[] {
  const lasting = [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers];
  return lasting.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, hostIP = '', protocol = '' }) =>
      hostPort === 0
        ? []
        : [{ ip: hostIP === '' ? '0.0.0.0' : hostIP, port: hostPort, protocol: protocol === '' ? 'TCP' : protocol }],
    ),
  );
}

/** Two pods of one node cannot hold the same port and protocol of an address. */
export function portsConflict(wanted: readonly HostPort[], held: readonly HostPort[]): boolean {
  return wanted.some((a) =>
    held.some((b) => {
      const sameAddress = a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0';
      return a.port === b.port && a.protocol === b.protocol && sameAddress;
    }),
  );
}
