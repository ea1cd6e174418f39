import type { Container, PodSpec } from '../api/schema/core-v1.ts';

/**
 * Whether a container that exited is to run again: its own rules by exit code, then its own policy,
 * then the pod's. Upstream: ContainerShouldRestart in pkg/api/v1/pod/util.go.
 */
export function shouldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  if (container.restartPolicy !== undefined) {
    const rule = container.restartPolicyRules?.find(({ exitCodes }) => {
      const isNamed = exitCodes?.values?.includes(exitCode) === true;
      return exitCodes?.operator === 'In' ? isNamed : exitCodes?.operator === 'NotIn' && !isNamed;
    });
    if (rule?.action === 'Restart' || rule?.action === 'RestartAllContainers') return true;
  }
  const policy = container.restartPolicy ?? spec.restartPolicy;
  return policy === 'OnFailure' ? exitCode !== 0 : policy !== 'Never';
}

/** The same for one that is killed for its probe: there is no exit code yet, so rules do not count. */
export function restartsAfterProbeFailure(container: Container, spec: PodSpec): boolean {
  return (container.restartPolicy ?? spec.restartPolicy) !== 'Never';
}
