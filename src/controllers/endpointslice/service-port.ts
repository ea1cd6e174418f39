import type { Pod, ServicePort } from '../../api/schema/core-v1.ts';

/**
 * The port of the pod's containers, sidecars included, that a Service's port leads to: a number as it is, a name where
 * a container has it with the same protocol; undefined when none has. Upstream: FindPort.
 */
export function targetPortOf(pod: Pod, { targetPort, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (targetPort === undefined) return port;
  if (typeof targetPort === 'number') return targetPort;
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const { ports = [] } of [...pod.spec.containers, ...sidecars]) {
    const named = ports.find((one) => one.name === targetPort && (one.protocol ?? 'TCP') === protocol);
    if (named !== undefined) return named.containerPort;
  }
  return undefined;
}
