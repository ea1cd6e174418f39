import { forbidden, invalid } from '../api/error.ts';
import { pods } from '../api/resources.ts';
import type { Namespace, Pod } from '../api/schema/core-v1.ts';
import type { AdmissionPlugin } from '../apiserver/admission.ts';
import { processTierErrors } from '../node/process-tier.ts';

/** On a namespace: its pods may run commands of the machine, `host/<command>`. */
export const hostCommandsLabel = 'slipway.dev/host-commands';

/**
 * What pods of the local world may be: only what processes can honour, and commands of the machine only where
 * the namespace says so. `namespaceOf` reads the store as it is now.
 */
export function localAdmission(namespaceOf: (name: string) => Namespace | undefined): AdmissionPlugin {
  return {
    name: 'LocalPods',
    validate({ operation, resource, subresource, object, namespace }) {
      if (operation !== 'CREATE' || resource.resource !== 'pods' || resource.group !== '' || subresource !== '') return;
      const pod = object as Pod;
      const errors = processTierErrors(pod.spec);
      if (errors.length > 0) throw invalid(pods, pod.metadata.name, errors);
      const images = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ image = '' }) => image);
      const commands = images.filter((image) => image.startsWith('host/'));
      if (commands.length === 0 || namespaceOf(namespace)?.metadata.labels?.[hostCommandsLabel] === 'allowed') return;
      const why = `${commands.join(', ')} would run a command of this machine, which the namespace does not allow (kubectl label namespace ${namespace} ${hostCommandsLabel}=allowed)`;
      throw forbidden(pods, pod.metadata.name, why);
    },
  };
}
