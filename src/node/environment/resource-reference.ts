import { milliValue, parseQuantity, value } from '../../api/quantity.ts';
import type { Container, Pod, ResourceFieldSelector, ResourceList } from '../../api/schema/core-v1.ts';

/**
 * The value of a `resourceFieldRef`: how often the divisor fits, rounded up. A limit that the container
 * lacks is the pod's, else what the node can give. Undefined for what cannot be asked.
 * Upstream: pkg/api/v1/resource, defaultPodLimitsForDownwardAPI.
 */
export function containerResource(
  { containerName = '', resource, divisor = '0' }: ResourceFieldSelector,
  {
    pod,
    container,
    allocatable,
  }: { readonly pod: Pod; readonly container: Container; readonly allocatable: ResourceList },
): string | undefined {
  const named =
    containerName === ''
      ? container
      : [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === containerName);
  const [, list, name = ''] = /^(limits|requests)\.(.+)$/.exec(resource) ?? [];
  if (named === undefined || !isAskable(name)) return undefined;
  const amount = list === 'limits' ? limitOf(named, pod, name, allocatable) : (named.resources.requests?.[name] ?? '0');
  const unit = parseQuantity(divisor).nanos === 0n ? '1' : divisor;
  const amountIn = name === 'cpu' ? milliValue : value;
  return String(divideUp(amountIn(parseQuantity(amount)), amountIn(parseQuantity(unit))));
}

const defaulted: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);

const isAskable = (name: string): boolean => defaulted.has(name) || name.startsWith('hugepages-');

function limitOf({ resources }: Container, { spec }: Pod, name: string, allocatable: ResourceList): string {
  const candidates = [resources.limits?.[name]];
  if (defaulted.has(name)) candidates.push(spec.resources?.limits?.[name], allocatable[name]);
  return candidates.find((text) => text !== undefined && parseQuantity(text).nanos !== 0n) ?? '0';
}

function divideUp(amount: bigint, by: bigint): bigint {
  return (amount + by - 1n) / by;
}
