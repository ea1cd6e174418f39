import { type FieldError, duplicate, invalidValue, notSupported, required, tooLong } from '../../field-error.ts';
import { isOneOfOrAbsent } from '../../field-rules.ts';
import { byteLength, inRange } from '../../names.ts';
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
} from '../../schema/core-v1.ts';
import { validateDescending } from './path-rules.ts';

const maxId = 2 ** 31 - 1;

function validateId(id: number | undefined, path: string): readonly FieldError[] {
  return id === undefined ? [] : inRange(id, 0, maxId).map((message) => invalidValue(path, id, message));
}

/** Of one container (upstream ValidateSecurityContext; the Windows options are not looked at). */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  path: string,
  { hostUsers }: { readonly hostUsers: boolean },
): readonly FieldError[] {
  if (context === undefined) return [];
  const { runAsUser, runAsGroup, procMount, seccompProfile, appArmorProfile } = context;
  return [
    ...validateId(runAsUser, `${path}.runAsUser`),
    ...validateId(runAsGroup, `${path}.runAsGroup`),
    ...(procMount === undefined ? [] : validateProcMount(procMount, `${path}.procMount`, hostUsers)),
    ...validateSeccomp(seccompProfile, `${path}.seccompProfile`),
    ...validateEscalation(context, path),
    ...validateAppArmor(appArmorProfile, `${path}.appArmorProfile`),
  ];
}

function validateProcMount(procMount: string, path: string, hostUsers: boolean): readonly FieldError[] {
  if (procMount !== 'Default' && procMount !== 'Unmasked')
    return [notSupported(path, procMount, ['Default', 'Unmasked'])];
  return hostUsers && procMount === 'Unmasked'
    ? [invalidValue(path, procMount, '`hostUsers` must be false to use `Unmasked`')]
    : [];
}

function validateEscalation(context: SecurityContext, path: string): readonly FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const wrong = (what: string): FieldError =>
    invalidValue(path, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`);
  const admins = (context.capabilities?.add ?? []).filter((capability) => capability === 'CAP_SYS_ADMIN');
  return [
    ...(context.privileged === true ? [wrong('`privileged` to true')] : []),
    ...admins.map(() => wrong('`capabilities.Add` CAP_SYS_ADMIN')),
  ];
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateSeccomp(profile: SeccompProfile | undefined, path: string): readonly FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!profileTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, profileTypes));
  const at = `${path}.localhostProfile`;
  if (type !== 'Localhost')
    return localhostProfile === undefined
      ? errors
      : [
          ...errors,
          invalidValue(
            at,
            { Type: type, LocalhostProfile: localhostProfile },
            'can only be set when seccomp type is Localhost',
          ),
        ];
  return localhostProfile === undefined
    ? [...errors, required(at, 'must be set when seccomp type is Localhost')]
    : [...errors, ...validateDescending(localhostProfile, at)];
}

function validateAppArmor(profile: AppArmorProfile | undefined, path: string): readonly FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const at = `${path}.localhostProfile`;
  if (type === '') return [required(`${path}.type`, 'type is required when appArmorProfile is set')];
  if (!profileTypes.includes(type)) return [notSupported(`${path}.type`, type, profileTypes)];
  if (type !== 'Localhost')
    return localhostProfile === undefined
      ? []
      : [invalidValue(at, localhostProfile, 'can only be set when AppArmor type is Localhost')];
  if (localhostProfile === undefined || localhostProfile === '')
    return [required(at, 'must be set when AppArmor type is Localhost')];
  return [
    ...(localhostProfile.trim() === localhostProfile
      ? []
      : [invalidValue(at, localhostProfile, 'must not be padded with whitespace')]),
    ...(byteLength(localhostProfile) > 4095 ? [tooLong(at, 4095)] : []),
  ];
}

/** Of the whole pod (upstream validatePodSpecSecurityContext). */
export function validatePodSecurityContext(
  context: PodSecurityContext | undefined,
  { shareProcessNamespace, hostPID, hostNetwork, hostIPC }: PodSpec,
  path: string,
): readonly FieldError[] {
  if (context === undefined) return [];
  const { fsGroup, runAsUser, runAsGroup, supplementalGroups = [], sysctls = [] } = context;
  const groupPolicies = ['Merge', 'Strict'];
  return [
    ...validateId(fsGroup, `${path}.fsGroup`),
    ...validateId(runAsUser, `${path}.runAsUser`),
    ...validateId(runAsGroup, `${path}.runAsGroup`),
    ...supplementalGroups.flatMap((group, index) => validateId(group, `${path}.supplementalGroups[${index}]`)),
    ...(shareProcessNamespace === true && hostPID === true
      ? [
          invalidValue(
            `${path}.shareProcessNamespace`,
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : []),
    ...validateSysctls(sysctls, { hostNetwork, hostIPC }, `${path}.sysctls`),
    ...isOneOfOrAbsent(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${path}.fsGroupChangePolicy`),
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
    ...validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
    ...isOneOfOrAbsent(context.supplementalGroupsPolicy, groupPolicies, `${path}.supplementalGroupsPolicy`),
    ...isOneOfOrAbsent(context.seLinuxChangePolicy, ['Recursive'], `${path}.seLinuxChangePolicy`),
  ];
}

const sysctlPattern = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?';

function validateSysctls(
  sysctls: readonly { readonly name: string }[],
  host: { readonly hostNetwork: boolean | undefined; readonly hostIPC: boolean | undefined },
  path: string,
): readonly FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name }, index) => {
    const at = `${path}[${index}].name`;
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(at));
    else if (!isSysctlName(name)) {
      const why = `must have at most 253 characters and match regex ^${sysctlPattern}$`;
      errors.push(invalidValue(at, name, why));
    } else if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    const isOf = namespaceOf(name);
    if (host.hostNetwork === true && isOf === 'net')
      errors.push(invalidValue(at, name, "may not be specified when 'hostNetwork' is true"));
    if (host.hostIPC === true && isOf === 'ipc')
      errors.push(invalidValue(at, name, "may not be specified when 'hostIPC' is true"));
    return errors;
  });
}

function isSysctlName(name: string): boolean {
  return name.length <= 253 && name.split(/[./]/).every((part) => /^[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/.test(part));
}

/** Which of the kernel's namespaces holds it (upstream component-helpers/node/util/sysctl). */
function namespaceOf(name: string): 'net' | 'ipc' | undefined {
  const dotted = name.replaceAll('/', '.');
  if (dotted.startsWith('net.')) return 'net';
  return dotted === 'kernel.sem' || /^(kernel\.shm|kernel\.msg|fs\.mqueue\.)/.test(dotted) ? 'ipc' : undefined;
}
