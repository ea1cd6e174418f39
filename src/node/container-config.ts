import { podLimits, podRequests } from '../api/core/v1/pod-resources.ts';
import { milliValue, parseQuantity, value, type Quantity } from '../api/quantity.ts';
import type { Container, Pod } from '../api/schema/core-v1.ts';
import type { ContainerConfig, ContainerResources, SandboxConfig } from './container-runtime.ts';
import type { Variable } from './environment/environment.ts';
import { expand } from './environment/expansion.ts';

/** What the runtime is asked to start; references to variables in command and args are replaced. */
export function containerConfig(container: Container, attempt: number, env: readonly Variable[]): ContainerConfig {
  const { name, image = '', command = [], args = [], workingDir = '' } = container;
  const variables = new Map(env.map((variable) => [variable.name, variable.value]));
  const expanded = (words: readonly string[]): readonly string[] =>
    words.map((word) => expand(word, (variable) => variables.get(variable)));
  return {
    name,
    attempt,
    image,
    command: expanded(command),
    args: expanded(args),
    env,
    ...(workingDir === '' ? {} : { workingDir }),
    resources: containerResources(container),
    ...(container.terminationMessagePolicy === 'FallbackToLogsOnError' ? { lastWordsFromLog: true } : {}),
  };
}

export function sandboxConfig(pod: Pod): SandboxConfig {
  const { metadata, spec } = pod;
  return {
    podUid: metadata.uid,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    hostNetwork: spec.hostNetwork === true,
    resources: podResources(pod),
  };
}

function containerResources({ resources: { requests = {}, limits = {} } }: Container): ContainerResources {
  const parsed = (text: string | undefined): Quantity | undefined =>
    text === undefined ? undefined : parseQuantity(text);
  return amounts({
    cpuRequest: parsed(requests['cpu']) ?? parsed(limits['cpu']),
    cpuLimit: parsed(limits['cpu']),
    memoryLimit: parsed(limits['memory']),
  });
}

/** Limits hold for the pod as a whole only when every container has one (ResourceConfigForPod). */
function podResources(pod: Pod): ContainerResources {
  const limits = podLimits(pod);
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const limit = (name: string): Quantity | undefined => {
    const isWhole =
      pod.spec.resources?.limits?.[name] !== undefined ||
      containers.every(({ resources }) => resources.limits?.[name] !== undefined);
    return isWhole ? limits.get(name) : undefined;
  };
  return amounts({
    cpuRequest: podRequests(pod).get('cpu'),
    cpuLimit: limit('cpu'),
    memoryLimit: limit('memory'),
  });
}

function amounts({
  cpuRequest,
  cpuLimit,
  memoryLimit,
}: Readonly<Record<'cpuRequest' | 'cpuLimit' | 'memoryLimit', Quantity | undefined>>): ContainerResources {
  const given = (quantity: Quantity | undefined): Quantity | undefined =>
    quantity === undefined || quantity.nanos === 0n ? undefined : quantity;
  const limit = given(cpuLimit);
  const memory = given(memoryLimit);
  return {
    cpuRequestMillis: cpuRequest === undefined ? undefined : Number(milliValue(cpuRequest)),
    cpuLimitMillis: limit === undefined ? undefined : Number(milliValue(limit)),
    memoryLimitBytes: memory === undefined ? undefined : Number(value(memory)),
  };
}
