import type { Pod } from '../../api/schema/core-v1.ts';

export interface PodAddresses {
  readonly podIP: string;
  readonly hostIP: string;
}

const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/s;

/** The value of a `fieldRef`, or undefined for a path that containers cannot read. */
export function podField({ metadata, spec }: Pod, path: string, { podIP, hostIP }: PodAddresses): string | undefined {
  const [, map, key = ''] = subscript.exec(path) ?? [];
  if (map === 'metadata.labels') return metadata.labels?.[key] ?? '';
  if (map === 'metadata.annotations') return metadata.annotations?.[key] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIP;
    case 'status.podIP':
    case 'status.podIPs':
      return podIP;
    default:
      return undefined;
  }
}
