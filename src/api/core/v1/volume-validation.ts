import { type FieldError, duplicate, forbiddenField, invalidValue, required, tooLong } from '../../field-error.ts';
import { byRule, isDns1123Label, isOneOf, isOneOfOrAbsent } from '../../field-rules.ts';
import { byteLength, dns1123Subdomain } from '../../names.ts';
import { compareQuantity, zeroQuantity } from '../../quantity.ts';
import type { KeyToPath, Volume } from '../../schema/core-v1.ts';
import { validateClaimTemplate } from './claim-template-validation.ts';
import { validateFileMode } from './file-mode.ts';
import { validateKeyToPath } from './key-to-path.ts';
import { isAbsolutePath, validateNoBacksteps } from './path-rules.ts';
import { validateDownwardFiles, validateProjected } from './projected-volume-validation.ts';
import { quantityOrError } from './resource-requirements.ts';
import type { VolumesByName } from './volume-mount-validation.ts';

/** The volumes that containers may mount, and what is wrong with the rest (upstream ValidateVolumes). */
export function validateVolumes(
  list: readonly Volume[],
  path: string,
  { podName, isPod }: { readonly podName: string; readonly isPod: boolean },
): { readonly volumes: VolumesByName; readonly errors: readonly FieldError[] } {
  const volumes = new Map<string, Volume>();
  const errors: FieldError[] = [];
  const madeClaims = list.filter(({ ephemeral }) => ephemeral !== undefined).map(({ name }) => `${podName}-${name}`);
  for (const [index, volume] of list.entries()) {
    const at = `${path}[${index}]`;
    const { name } = volume;
    const own = [
      ...validateSources(volume, at, { podName, isPod }),
      ...(name === '' ? [required(`${at}.name`)] : isDns1123Label(name, `${at}.name`)),
      ...(volumes.has(name) ? [duplicate(`${at}.name`, name)] : []),
    ];
    if (own.length === 0) volumes.set(name, volume);
    errors.push(...own);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (podName !== '' && claim !== undefined && madeClaims.includes(claim)) {
      const why = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(invalidValue(`${at}.persistentVolumeClaim.claimName`, claim, why));
    }
  }
  return { volumes, errors };
}

type Check = (volume: Volume, path: string) => readonly FieldError[];

/** In upstream's order: the first source of a volume counts. Sources without an entry have no rules here. */
const sourceChecks: readonly (readonly [keyof Volume, Check])[] = [
  ['emptyDir', validateEmptyDir],
  ['hostPath', validateHostPath],
  ['gitRepo', (volume, path) => needs(volume.gitRepo, ['repository'], path)],
  ['gcePersistentDisk', (volume, path) => needs(volume.gcePersistentDisk, ['pdName'], path)],
  ['awsElasticBlockStore', (volume, path) => needs(volume.awsElasticBlockStore, ['volumeID'], path)],
  ['secret', validateSecretVolume],
  ['nfs', validateNfs],
  ['iscsi', () => []],
  ['glusterfs', () => []],
  ['flocker', () => []],
  ['persistentVolumeClaim', (volume, path) => needs(volume.persistentVolumeClaim, ['claimName'], path)],
  ['rbd', () => []],
  ['cinder', () => []],
  ['cephfs', () => []],
  ['quobyte', () => []],
  ['downwardAPI', validateDownwardApi],
  ['fc', () => []],
  ['flexVolume', () => []],
  ['configMap', validateConfigMapVolume],
  ['azureFile', () => []],
  ['vsphereVolume', () => []],
  ['photonPersistentDisk', () => []],
  ['portworxVolume', () => []],
  ['azureDisk', () => []],
  ['storageos', () => []],
  ['projected', (volume, path) => validateProjected(volume.projected!, path)],
  ['scaleIO', () => []],
  ['csi', validateCsi],
  ['ephemeral', () => []],
  ['image', () => []],
];

function validateSources(
  volume: Volume,
  path: string,
  { podName, isPod }: { readonly podName: string; readonly isPod: boolean },
): readonly FieldError[] {
  const given = sourceChecks.filter(([name]) => volume[name] !== undefined);
  if (given.length === 0) return [required(path, 'must specify a volume type')];
  return given.flatMap(([name, check], index) => {
    if (index > 0)
      return [forbiddenField(`${path}.${misspelt[name] ?? name}`, 'may not specify more than 1 volume type')];
    const at = `${path}.${name}`;
    if (name === 'ephemeral') return validateEphemeral(volume, path, podName);
    if (name === 'image') return validateImage(volume, at, isPod);
    return check(volume, at);
  });
}

/** Upstream's spelling of a path in one message. */
const misspelt: Readonly<Record<string, string>> = { downwardAPI: 'downwarAPI', cephfs: 'cephFS' };

function needs<S extends object>(
  source: S | undefined,
  fields: readonly (keyof S & string)[],
  path: string,
): readonly FieldError[] {
  return fields.filter((field) => (source?.[field] ?? '') === '').map((field) => required(`${path}.${field}`));
}

function validateEmptyDir({ emptyDir }: Volume, path: string): readonly FieldError[] {
  if (emptyDir?.sizeLimit === undefined) return [];
  const limit = quantityOrError(emptyDir.sizeLimit, `${path}.sizeLimit`);
  if ('reason' in limit) return [limit];
  return compareQuantity(limit, zeroQuantity) < 0
    ? [forbiddenField(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
    : [];
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

function validateHostPath({ hostPath }: Volume, path: string): readonly FieldError[] {
  if ((hostPath?.path ?? '') === '') return [required(`${path}.path`)];
  const typeErrors = isOneOfOrAbsent(hostPath?.type, hostPathTypes, `${path}.type`);
  return [...validateNoBacksteps(hostPath!.path, `${path}.path`), ...typeErrors];
}

function validateSecretVolume({ secret }: Volume, path: string): readonly FieldError[] {
  return [
    ...needs(secret, ['secretName'], path),
    ...validateFileMode(secret?.defaultMode, `${path}.defaultMode`),
    ...validateKeysToPaths(secret?.items, `${path}.items`),
  ];
}

function validateConfigMapVolume({ configMap }: Volume, path: string): readonly FieldError[] {
  return [
    ...needs(configMap, ['name'], path),
    ...validateFileMode(configMap?.defaultMode, `${path}.defaultMode`),
    ...validateKeysToPaths(configMap?.items, `${path}.items`),
  ];
}

function validateKeysToPaths(items: readonly KeyToPath[] | undefined, path: string): readonly FieldError[] {
  return (items ?? []).flatMap((item, index) => validateKeyToPath(item, `${path}[${index}]`));
}

function validateNfs({ nfs }: Volume, path: string): readonly FieldError[] {
  const target = nfs?.path ?? '';
  return [
    ...needs(nfs, ['server', 'path'], path),
    ...(isAbsolutePath(target) ? [] : [invalidValue(`${path}.path`, target, 'must be an absolute path')]),
  ];
}

function validateDownwardApi({ downwardAPI }: Volume, path: string): readonly FieldError[] {
  return [
    ...validateFileMode(downwardAPI?.defaultMode, `${path}.defaultMode`),
    ...validateDownwardFiles(downwardAPI?.items ?? [], path),
  ];
}

function validateCsi({ csi }: Volume, path: string): readonly FieldError[] {
  const driver = csi?.driver ?? '';
  const driverErrors =
    driver === ''
      ? [required(`${path}.driver`)]
      : [
          ...(byteLength(driver) > 63 ? [tooLong(`${path}.driver`, 63)] : []),
          ...dns1123Subdomain(driver.toLowerCase()).map((message) => invalidValue(`${path}.driver`, driver, message)),
        ];
  const secret = csi?.nodePublishSecretRef;
  if (secret === undefined) return driverErrors;
  return [
    ...driverErrors,
    ...((secret.name ?? '') === ''
      ? [required(`${path}.nodePublishSecretRef.name`)]
      : byRule(dns1123Subdomain, secret.name!, `${path}.name`)),
  ];
}

function validateEphemeral({ name, ephemeral }: Volume, path: string, podName: string): readonly FieldError[] {
  const at = `${path}.ephemeral.volumeClaimTemplate`;
  const template = ephemeral?.volumeClaimTemplate;
  const errors = template === undefined ? [required(at)] : validateClaimTemplate(template, at);
  if (podName === '' || name === '') return errors;
  const claim = `${podName}-${name}`;
  const nameErrors = dns1123Subdomain(claim).map((message) =>
    invalidValue(`${path}.name`, name, `PVC name "${claim}": ${message}`),
  );
  return [...errors, ...nameErrors];
}

function validateImage({ image }: Volume, path: string, isPod: boolean): readonly FieldError[] {
  return [
    ...(isPod ? needs(image, ['reference'], path) : []),
    ...isOneOf(image?.pullPolicy, ['Always', 'IfNotPresent', 'Never'], `${path}.pullPolicy`),
  ];
}
