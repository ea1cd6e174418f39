import { forbidden, invalid } from '../api/error.ts';
import { forbiddenField, invalidValue, type FieldError } from '../api/field-error.ts';
import { pods, services } from '../api/resources.ts';
import type { Container, Namespace, Pod, Service } from '../api/schema/core-v1.ts';
import type { AdmissionPlugin } from '../apiserver/admission.ts';
import { processTierErrors } from '../node/process-tier.ts';

/** On a namespace: its pods may run commands of the machine: images `host/<command>`, exec probes and exec hooks. */
export const hostCommandsLabel = 'slipway.dev/host-commands';

/**
 * What the local world can honour: pods that processes can be, commands of the machine only where the namespace says
 * so, services that a TCP balancer can serve. `namespaceOf` reads what is there now.
 */
export function localAdmission(namespaceOf: (name: string) => Namespace | undefined): AdmissionPlugin {
  return {
    name: 'LocalWorld',
    validate({ operation, resource, subresource, object, namespace }) {
      if (resource.group !== '' || subresource !== '' || object === undefined) return;
      const { name } = object.metadata;
      if (resource.resource === 'services') {
        const errors = serviceErrors(object as Service);
        if (errors.length > 0) throw invalid(services, name, errors);
      }
      if (resource.resource !== 'pods' || operation !== 'CREATE') return;
      const { spec } = object as Pod;
      const errors = processTierErrors(spec);
      if (errors.length > 0) throw invalid(pods, name, errors);
      const commands = [...(spec.initContainers ?? []), ...spec.containers].flatMap(machineCommands);
      if (commands.length === 0 || namespaceOf(namespace)?.metadata.labels?.[hostCommandsLabel] === 'allowed') return;
      const why = `${commands.join(', ')} would run a command of this machine, which the namespace does not allow (kubectl label namespace ${namespace} ${hostCommandsLabel}=allowed)`;
      throw forbidden(pods, name, why);
    },
  };
}

/** What of a container runs a program that is none of the built-in model servers. */
function machineCommands({ name, image = '', lifecycle, ...probes }: Container): readonly string[] {
  const found = image.startsWith('host/') ? [image] : [];
  for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const)
    if (probes[kind]?.exec !== undefined) found.push(`the ${kind} of ${name}`);
  for (const hook of ['postStart', 'preStop'] as const)
    if (lifecycle?.[hook]?.exec !== undefined) found.push(`the ${hook} hook of ${name}`);
  return found;
}

function serviceErrors({ spec }: Service): readonly FieldError[] {
  const isPublished = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  const whole: FieldError[] = [];
  if ((spec.externalIPs ?? []).length > 0)
    whole.push(forbiddenField('spec.externalIPs', 'services are reached on this machine only'));
  if (spec.ipFamilyPolicy === 'RequireDualStack')
    whole.push(
      invalidValue(
        'spec.ipFamilyPolicy',
        spec.ipFamilyPolicy,
        'this cluster is not configured for dual-stack services',
      ),
    );
  const ports = (spec.ports ?? []).flatMap(({ protocol = 'TCP', nodePort = 0 }, index) => {
    const errors: FieldError[] = [];
    const at = `spec.ports[${index}]`;
    if (protocol !== 'TCP' && protocol !== '')
      errors.push(forbiddenField(`${at}.protocol`, `services are balanced by this machine's engine: only TCP is`));
    if (isPublished && nodePort === 0 && spec.allocateLoadBalancerNodePorts !== false)
      errors.push(forbiddenField(`${at}.nodePort`, 'no node ports are allocated here: name one'));
    return errors;
  });
  return [...whole, ...ports];
}
