import { hostPorts, portsConflict } from '../api/core/v1/host-ports.ts';
import { selectsNode } from '../api/core/v1/node-selection.ts';
import { podRequests, type Resources } from '../api/core/v1/pod-resources.ts';
import { firstUntolerated } from '../api/core/v1/tolerations.ts';
import type { FieldError } from '../api/field-error.ts';
import { milliValue, parseQuantity, value, type Quantity } from '../api/quantity.ts';
import type { Node, Pod } from '../api/schema/core-v1.ts';
import type { PodEnd } from './status/pod-status.ts';

export interface AdmissionView {
  readonly node: Node;
  /** Everything else on the node that has not come to its end. */
  readonly others: readonly Pod[];
  /** What of the pod the runtime cannot honour. */
  readonly unsupported: readonly FieldError[];
}

/**
 * Whether the node can run a pod that was bound to it, as the scheduler may have decided on older news. Undefined when it can.
 * Upstream: predicateAdmitHandler in pkg/kubelet/lifecycle/predicate.go.
 */
export function refusalOf(pod: Pod, { node, others, unsupported }: AdmissionView): PodEnd | undefined {
  const os = node.status.nodeInfo.operatingSystem;
  const wantedOs = pod.metadata.labels?.['kubernetes.io/os'];
  if (wantedOs !== undefined && wantedOs !== os)
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    };
  if (pod.spec.os !== undefined && pod.spec.os.name !== os)
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  if (unsupported.length > 0)
    return {
      reason: 'PodFeatureUnsupported',
      message: unsupported.map(({ field, detail }) => `${field}: ${detail}`).join(', '),
    };
  const lacking = firstLacking(pod, node, others);
  if (lacking !== undefined) return lacking;
  const failed = (predicate: string, why: string): PodEnd => ({
    reason: predicate,
    message: `Predicate ${predicate} failed: ${why}`,
  });
  if (!selectsNode(pod, node)) return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  const ports = hostPorts(pod);
  if (ports.length > 0 && others.some((other) => portsConflict(ports, hostPorts(other))))
    return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  if (firstUntolerated(node.spec.taints, pod.spec.tolerations, ['NoExecute']) !== undefined)
    return failed('TaintToleration', "node(s) had taints that the pod didn't tolerate");
  return undefined;
}

function firstLacking(pod: Pod, { status }: Node, others: readonly Pod[]): PodEnd | undefined {
  const allocatable = status.allocatable ?? {};
  const requests = podRequests(pod);
  const used = others.map(podRequests);
  const lacks = (name: string, requested: bigint, taken: bigint, capacity: bigint): PodEnd | undefined =>
    requested > 0n && requested > capacity - taken
      ? {
          reason: `OutOf${name}`,
          message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${taken}, capacity: ${capacity}`,
        }
      : undefined;
  const pods = lacks('pods', 1n, BigInt(others.length), amount('pods', parseQuantity(allocatable['pods'] ?? '0')));
  if (pods !== undefined) return pods;
  for (const name of inOrder(requests)) {
    const capacity = allocatable[name];
    // An extended resource that the node does not speak of is somebody else's to give.
    if (capacity === undefined && !native.includes(name)) continue;
    const requested = amount(name, requests.get(name));
    const taken = used.reduce((sum, resources) => sum + amount(name, resources.get(name)), 0n);
    const lack = lacks(name, requested, taken, amount(name, parseQuantity(capacity ?? '0')));
    if (lack !== undefined) return lack;
  }
  return undefined;
}

const native: readonly string[] = ['cpu', 'memory', 'ephemeral-storage'];

function inOrder(requests: Resources): readonly string[] {
  return [
    ...native.filter((name) => requests.has(name)),
    ...[...requests.keys()].filter((name) => !native.includes(name)),
  ];
}

function amount(name: string, quantity: Quantity | undefined): bigint {
  if (quantity === undefined) return 0n;
  return name === 'cpu' ? milliValue(quantity) : value(quantity);
}
