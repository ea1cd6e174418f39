import { type FieldError, invalidValue, notSupported, required } from '../../field-error.ts';
import { byRule, isDns1123Label, isDns1123Subdomain, isQualifiedName } from '../../field-rules.ts';
import { asPrefix, configMapKey, dns1123Subdomain, envVarName } from '../../names.ts';
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../schema/core-v1.ts';
import { validateNoBacksteps } from './path-rules.ts';

/** Environment variables and what they may refer to (upstream ValidateEnv, ValidateEnvFrom). */
export function validateEnv(list: readonly EnvVar[], path: string): readonly FieldError[] {
  return list.flatMap((variable, index) => {
    const at = `${path}[${index}]`;
    const { name } = variable;
    const nameErrors = name === '' ? [required(`${at}.name`)] : byRule(envVarName, name, `${at}.name`);
    return [...nameErrors, ...validateValueFrom(variable, `${at}.valueFrom`)];
  });
}

const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function validateValueFrom({ value = '', valueFrom }: EnvVar, path: string): readonly FieldError[] {
  if (valueFrom === undefined) return [];
  const errors = validateSource(valueFrom, path);
  const sources = Object.values(valueFrom).filter((source) => source !== undefined).length;
  const one = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
  if (sources === 0) return [...errors, invalidValue(path, '', `must specify one of: ${one}`)];
  if (value !== '') return [...errors, invalidValue(path, '', 'may not be specified when `value` is not empty')];
  if (sources > 1) return [...errors, invalidValue(path, '', 'may not have more than one field specified at a time')];
  return errors;
}

function validateSource(source: EnvVarSource, path: string): readonly FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  return [
    ...(fieldRef === undefined ? [] : validateFieldRef(fieldRef, envFieldPaths, `${path}.fieldRef`)),
    ...(resourceFieldRef === undefined
      ? []
      : validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, { inVolume: false })),
    ...(configMapKeyRef === undefined ? [] : validateKeyRef(configMapKeyRef, `${path}.configMapKeyRef`)),
    ...(secretKeyRef === undefined ? [] : validateKeyRef(secretKeyRef, `${path}.secretKeyRef`)),
    ...(fileKeyRef === undefined ? [] : validateFileKeyRef(fileKeyRef, `${path}.fileKeyRef`)),
  ];
}

const downwardFieldPaths = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
  'spec.host',
]);

/** A field of the pod itself; `supported` are those that this place may name. */
export function validateFieldRef(
  { apiVersion = '', fieldPath }: ObjectFieldSelector,
  supported: readonly string[],
  path: string,
): readonly FieldError[] {
  if (apiVersion === '') return [required(`${path}.apiVersion`)];
  if (fieldPath === '') return [required(`${path}.fieldPath`)];
  const cannot = (why: string): FieldError =>
    invalidValue(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${why}`);
  if (apiVersion !== 'v1') return [cannot(`unsupported pod version: ${apiVersion}`)];
  const [, map, key] = /^(.+?)\['(.*)'\]$/s.exec(fieldPath) ?? [];
  if (map !== undefined && key !== undefined) {
    if (map === 'metadata.annotations') return isQualifiedName(key.toLowerCase(), path);
    if (map === 'metadata.labels') return isQualifiedName(key, path);
    return [cannot(`field label does not support subscript: ${fieldPath}`)];
  }
  if (!downwardFieldPaths.has(fieldPath)) return [cannot(`field label not supported: ${fieldPath}`)];
  const field = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
  return supported.includes(field) ? [] : [notSupported(`${path}.fieldPath`, field, supported.toSorted())];
}

const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

/** A container's request or limit, divided. */
export function validateResourceFieldRef(
  { containerName = '', resource, divisor = '0' }: ResourceFieldSelector,
  path: string,
  { inVolume }: { readonly inVolume: boolean },
): readonly FieldError[] {
  const isKnown = resourceFields.includes(resource) || /^(requests|limits)\.hugepages-/.test(resource);
  const errors: FieldError[] = [];
  if (inVolume && containerName === '') errors.push(required(`${path}.containerName`));
  else if (resource === '') errors.push(required(`${path}.resource`));
  else if (!isKnown) errors.push(notSupported(`${path}.resource`, resource, resourceFields));
  return [...errors, ...validateDivisor(resource, divisor, `${path}.divisor`)];
}

function validateDivisor(resource: string, divisor: string, path: string): readonly FieldError[] {
  if (divisor === '0') return [];
  const kind = /^(?:requests|limits)\.(cpu|memory|ephemeral-storage|hugepages-)/.exec(resource)?.[1];
  if (kind === 'cpu')
    return divisor === '1m' || divisor === '1'
      ? []
      : [invalidValue(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")];
  if (kind === undefined || byteDivisors.includes(divisor)) return [];
  const names: Readonly<Record<string, string>> = {
    'ephemeral-storage': 'local ephemeral storage',
    'hugepages-': 'hugepages',
  };
  const allowed = byteDivisors.join(', ');
  return [
    invalidValue(
      path,
      resource,
      `only divisor's values ${allowed} are supported with the ${names[kind] ?? kind} resource`,
    ),
  ];
}

function validateKeyRef({ name = '', key }: ConfigMapKeySelector, path: string): readonly FieldError[] {
  const keyErrors = key === '' ? [required(`${path}.key`)] : byRule(configMapKey, key, `${path}.key`);
  return [...isDns1123Subdomain(name, `${path}.name`), ...keyErrors];
}

function validateFileKeyRef({ key, volumeName, path: file }: FileKeySelector, path: string): readonly FieldError[] {
  return [
    ...(key === '' ? [required(`${path}.key`)] : byRule(envVarName, key, `${path}.key`)),
    ...(volumeName === '' ? [required(`${path}.volumeName`)] : isDns1123Label(volumeName, `${path}.volumeName`)),
    ...(file === '' ? [required(`${path}.path`)] : validateNoBacksteps(file, `${path}.path`)),
  ];
}

export function validateEnvFrom(list: readonly EnvFromSource[], path: string): readonly FieldError[] {
  return list.flatMap(({ prefix = '', configMapRef, secretRef }, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    if (prefix !== '') errors.push(...byRule(envVarName, prefix, `${at}.prefix`));
    if (configMapRef !== undefined) errors.push(...validateSourceName(configMapRef.name, `${at}.configMapRef.name`));
    if (secretRef !== undefined) errors.push(...validateSourceName(secretRef.name, `${at}.secretRef.name`));
    if (configMapRef === undefined && secretRef === undefined)
      errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (configMapRef !== undefined && secretRef !== undefined)
      errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
    return errors;
  });
}

function validateSourceName(name: string | undefined, path: string): readonly FieldError[] {
  if (name === undefined || name === '') return [required(path)];
  return dns1123Subdomain(asPrefix(name)).map((message) => invalidValue(path, name, message));
}
