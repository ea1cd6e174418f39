import type { ConfigMap, Container, EnvVar, Pod, ResourceList, Secret, Service } from '../../api/schema/core-v1.ts';
import { RuntimeError } from '../container-runtime.ts';
import { expand } from './expansion.ts';
import { podField, type PodAddresses } from './field-reference.ts';
import { containerResource } from './resource-reference.ts';
import { serviceVariables } from './service-variables.ts';

/** What variables are made of beside the pod itself. */
export interface EnvironmentSources {
  /** Undefined when there is none of that name in the pod's namespace. */
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
  readonly services: readonly Service[];
  readonly allocatable: ResourceList;
}

export interface Variable {
  readonly name: string;
  readonly value: string;
}

/**
 * A container's environment: `envFrom`, then `env` in the order of declaration, each of which sees the
 * ones before it, then the services. Rejects with RuntimeError CreateContainerConfigError when something
 * that is not optional is missing. Upstream: makeEnvironmentVariables in pkg/kubelet/kubelet_pods.go.
 */
export async function environmentOf(
  pod: Pod,
  container: Container,
  addresses: PodAddresses,
  sources: EnvironmentSources,
): Promise<readonly Variable[]> {
  const { namespace = '' } = pod.metadata;
  const { enableServiceLinks = true } = pod.spec;
  const services = new Map(serviceVariables(sources.services, { namespace, enableServiceLinks }));
  const variables = new Map<string, string>(await importedVariables(container, sources));
  for (const variable of container.env ?? []) {
    const { value = '' } = variable;
    const resolved =
      value === ''
        ? await valueFrom(variable, { pod, container, addresses, sources })
        : expand(value, (name) => variables.get(name) ?? services.get(name));
    if (resolved !== undefined) variables.set(variable.name, resolved);
  }
  return [...new Map([...services, ...variables])].map(([name, value]) => ({ name, value }));
}

async function importedVariables(
  { envFrom = [] }: Container,
  sources: EnvironmentSources,
): Promise<readonly (readonly [string, string])[]> {
  const variables: (readonly [string, string])[] = [];
  for (const { prefix = '', configMapRef, secretRef } of envFrom) {
    const data =
      configMapRef !== undefined
        ? found(await sources.configMap(configMapRef.name ?? ''), 'configmap', configMapRef)?.data
        : secretRef !== undefined
          ? textsOf(found(await sources.secret(secretRef.name ?? ''), 'secret', secretRef)?.data)
          : undefined;
    for (const [key, value] of Object.entries(data ?? {})) variables.push([prefix + key, value]);
  }
  return variables;
}

interface Context {
  readonly pod: Pod;
  readonly container: Container;
  readonly addresses: PodAddresses;
  readonly sources: EnvironmentSources;
}

/** Undefined leaves the variable out: something optional is missing. */
async function valueFrom({ valueFrom: source }: EnvVar, context: Context): Promise<string | undefined> {
  if (source === undefined) return '';
  const { pod, container, addresses, sources } = context;
  const { namespace = '' } = pod.metadata;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef !== undefined) {
    const value = podField(pod, fieldRef.fieldPath, addresses);
    if (value === undefined) throw configError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef !== undefined) {
    const value = containerResource(resourceFieldRef, { pod, container, allocatable: sources.allocatable });
    if (value === undefined) throw configError(`unsupported container resource : ${resourceFieldRef.resource}`);
    return value;
  }
  if (configMapKeyRef !== undefined) {
    const { name = '', key } = configMapKeyRef;
    const data = found(await sources.configMap(name), 'configmap', configMapKeyRef)?.data ?? {};
    return keyOf(data, configMapKeyRef, `couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
  }
  if (secretKeyRef !== undefined) {
    const { name = '', key } = secretKeyRef;
    const data = textsOf(found(await sources.secret(name), 'secret', secretKeyRef)?.data);
    return keyOf(data, secretKeyRef, `couldn't find key ${key} in Secret ${namespace}/${name}`);
  }
  throw configError('a variable takes its value from a file, which needs volumes');
}

/** What is not there must be optional. */
function found<T>(
  object: T | undefined,
  kind: 'configmap' | 'secret',
  { name = '', optional }: { readonly name?: string | undefined; readonly optional?: boolean | undefined },
): T | undefined {
  if (object === undefined && optional !== true) throw configError(`${kind} "${name}" not found`);
  return object;
}

function keyOf(
  data: Readonly<Record<string, string>>,
  { key, optional }: { readonly key: string; readonly optional?: boolean | undefined },
  otherwise: string,
): string | undefined {
  if (Object.hasOwn(data, key)) return data[key];
  if (optional === true) return undefined;
  throw configError(otherwise);
}

function textsOf(data: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const decoder = new TextDecoder();
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => [
      key,
      decoder.decode(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0))),
    ]),
  );
}

const configError = (message: string): RuntimeError => new RuntimeError('CreateContainerConfigError', message);
