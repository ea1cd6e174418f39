import { ageColumn, nameColumn, textColumn, wide } from '../../columns.ts';
import { findCondition } from '../../conditions.ts';
import type { KindDefinition, Mutable } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { canonicalResourceList } from '../../resource-list.ts';
import { nodes } from '../../resources.ts';
import type { Node } from '../../schema/core-v1.ts';
import { validateNode, validateNodeStatusUpdate, validateNodeUpdate } from './node-validation.ts';

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/registry/core/node/strategy.go. */
export const nodeKind: KindDefinition<Node> = {
  resource: nodes,
  subresources: ['status'],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec.unschedulable ?? false) },
  columns: [
    nameColumn,
    textColumn('Status', statusText),
    textColumn('Roles', rolesText),
    ageColumn,
    textColumn('Version', ({ status }) => status.nodeInfo?.kubeletVersion ?? ''),
    wide(textColumn('Internal-IP', (node) => addressOf(node, 'InternalIP'))),
    wide(textColumn('External-IP', (node) => addressOf(node, 'ExternalIP'))),
    wide(textColumn('OS-Image', ({ status }) => orUnknown(status.nodeInfo?.osImage))),
    wide(
      textColumn('Kernel-Version', ({ status: { nodeInfo } }) => {
        const architecture = nodeInfo?.architecture ?? '';
        return `${orUnknown(nodeInfo?.kernelVersion)}${architecture === '' ? '' : ` (${architecture})`}`;
      }),
    ),
    wide(textColumn('Container-Runtime', ({ status }) => orUnknown(status.nodeInfo?.containerRuntimeVersion))),
  ],
  validateName: dns1123Subdomain,
  setDefaults(node) {
    node.spec ??= {};
    node.status ??= {} as typeof node.status;
    const { status } = node;
    status.daemonEndpoints ??= {} as typeof status.daemonEndpoints;
    status.daemonEndpoints.kubeletEndpoint ??= { Port: 0 };
    status.nodeInfo = { ...emptyNodeInfo, ...status.nodeInfo };
    sameFirstCIDR(node);
    if (status.allocatable === undefined && status.capacity !== undefined) status.allocatable = { ...status.capacity };
    canonicalResourceList(status.capacity);
    canonicalResourceList(status.allocatable);
  },
  validateCreate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeStatusUpdate,
};

/** `podCIDR` is the older name of the first of `podCIDRs`, and wins. */
function sameFirstCIDR({ spec }: Mutable<Node>): void {
  const { podCIDR = '', podCIDRs = [] } = spec;
  if (podCIDR !== '' && podCIDRs[0] !== podCIDR) spec.podCIDRs = [podCIDR];
  else if (podCIDR === '' && podCIDRs[0] !== undefined) spec.podCIDR = podCIDRs[0];
}

const emptyNodeInfo = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

function statusText({ spec, status }: Node): string {
  const ready = findCondition(status.conditions, 'Ready');
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec.unschedulable === true ? `${text},SchedulingDisabled` : text;
}

function rolesText({ metadata }: Node): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(prefix) && key.length > prefix.length) roles.add(key.slice(prefix.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return roles.size === 0 ? '<none>' : [...roles].toSorted().join(',');
}

function addressOf({ status }: Node, type: string): string {
  return status.addresses?.find((one) => one.type === type)?.address ?? '<none>';
}

function orUnknown(text: string | undefined): string {
  return text === undefined || text === '' ? '<unknown>' : text;
}
