import type { Node, NodeCondition, NodeStatus, NodeSystemInfo, ResourceList, Taint } from '../api/schema/core-v1.ts';
import type { Draft } from '../api/schema/draft.ts';
import { timestamp } from '../api/timestamps.ts';

/** What a node is. */
export interface NodeDescription {
  readonly name: string;
  /** Where the node and its host-network pods are reached. */
  readonly address: string;
  readonly capacity: ResourceList;
  /** What pods may have of it; all of it when absent. */
  readonly allocatable?: ResourceList | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** For a new node only: afterwards taints belong to whoever sets them. */
  readonly taints?: readonly Taint[] | undefined;
  readonly system: Omit<NodeSystemInfo, 'containerRuntimeVersion' | 'kubeletVersion' | 'kubeProxyVersion'>;
  readonly runtimeVersion: string;
  readonly kubeletVersion: string;
}

/** How it is. */
export interface NodeHealth {
  readonly memoryPressure: boolean;
  readonly diskPressure: boolean;
  readonly pidPressure: boolean;
  /** Why pods cannot run now; none when they can. */
  readonly problems: readonly string[];
}

export const wellNode: NodeHealth = { memoryPressure: false, diskPressure: false, pidPressure: false, problems: [] };

/** Labels that every node has, and those it was told. Upstream: initialNode in kubelet_node_status.go. */
export function nodeLabels({ name, labels, system }: NodeDescription): Readonly<Record<string, string>> {
  const { operatingSystem, architecture } = system;
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': operatingSystem,
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': operatingSystem,
    ...labels,
  };
}

export function newNode(description: NodeDescription, status: NodeStatus): Draft<Node> {
  const { taints = [] } = description;
  return {
    metadata: { name: description.name, labels: nodeLabels(description) },
    spec: taints.length === 0 ? {} : { taints },
    status,
  };
}

/** The whole status; what others wrote into it stays. */
export function nodeStatus(
  description: NodeDescription,
  { old, health, nowMs }: { readonly old: NodeStatus | undefined; readonly health: NodeHealth; readonly nowMs: number },
): NodeStatus {
  const { name, address, capacity, allocatable = capacity, system, runtimeVersion, kubeletVersion } = description;
  return {
    ...old,
    capacity,
    allocatable,
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    conditions: mergeConditions(old?.conditions ?? [], nodeConditions(health), timestamp(nowMs)),
    daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
    nodeInfo: { ...system, containerRuntimeVersion: runtimeVersion, kubeletVersion, kubeProxyVersion: '' },
  };
}

/** Whether there is more to tell than that the node still lives. */
export function hasChanged(old: NodeStatus, next: NodeStatus): boolean {
  const facts = (status: NodeStatus): string =>
    JSON.stringify([
      entries(status.capacity),
      entries(status.allocatable),
      status.addresses,
      entries(status.nodeInfo as unknown as Readonly<Record<string, unknown>>),
      status.conditions?.map(({ type, status: value, reason, message }) => [type, value, reason, message]),
    ]);
  return facts(old) !== facts(next);
}

function entries(record: Readonly<Record<string, unknown>> = {}): readonly (readonly [string, unknown])[] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

interface ConditionText {
  readonly type: string;
  readonly whenTrue: readonly [reason: string, message: string];
  readonly whenFalse: readonly [reason: string, message: string];
}

// Upstream: pkg/kubelet/nodestatus/setters.go.
const pressures: readonly (ConditionText & { readonly key: 'memoryPressure' | 'diskPressure' | 'pidPressure' })[] = [
  {
    key: 'memoryPressure',
    type: 'MemoryPressure',
    whenTrue: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    whenFalse: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  },
  {
    key: 'diskPressure',
    type: 'DiskPressure',
    whenTrue: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    whenFalse: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  },
  {
    key: 'pidPressure',
    type: 'PIDPressure',
    whenTrue: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    whenFalse: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  },
];

/** Ready comes last, as clients of old expect it. */
function nodeConditions(health: NodeHealth): readonly NodeCondition[] {
  const { problems } = health;
  const message = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
  return [
    ...pressures.map(({ key, type, whenTrue, whenFalse }): NodeCondition => {
      const [reason, text] = health[key] ? whenTrue : whenFalse;
      return { type, status: health[key] ? 'True' : 'False', reason, message: text };
    }),
    problems.length === 0
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message },
  ];
}

function mergeConditions(
  old: readonly NodeCondition[],
  own: readonly NodeCondition[],
  nowText: string,
): readonly NodeCondition[] {
  const names = new Set(own.map(({ type }) => type));
  return [
    ...old.filter(({ type }) => !names.has(type)),
    ...own.map((condition) => {
      const known = old.find(({ type }) => type === condition.type);
      const moved = known?.status === condition.status ? known.lastTransitionTime : undefined;
      return { ...condition, lastHeartbeatTime: nowText, lastTransitionTime: moved ?? nowText };
    }),
  ];
}
