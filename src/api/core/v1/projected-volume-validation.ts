import { type FieldError, forbiddenField, invalidValue, required } from '../../field-error.ts';
import type {
  DownwardAPIVolumeFile,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../schema/core-v1.ts';
import { validateFieldRef, validateResourceFieldRef } from './env-validation.ts';
import { validateFileMode } from './file-mode.ts';
import { validateKeyToPath } from './key-to-path.ts';
import { validateNonReserved } from './path-rules.ts';

/** Several sources in one folder (upstream validateProjectedVolumeSource): their paths must not meet. */
export function validateProjected(projected: ProjectedVolumeSource, path: string): readonly FieldError[] {
  const taken = new Set<string>();
  return [
    ...validateFileMode(projected.defaultMode, `${path}.defaultMode`),
    ...(projected.sources ?? []).flatMap((source, index) =>
      validateProjection(source, `${path}.sources[${index}]`, path, taken),
    ),
  ];
}

function validateProjection(
  source: VolumeProjection,
  path: string,
  volumePath: string,
  taken: Set<string>,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const take = (target: string | undefined, named: unknown): void => {
    if (target === undefined || target === '') return;
    if (taken.has(target)) errors.push(invalidValue(volumePath, named, 'conflicting duplicate paths'));
    taken.add(target);
  };
  for (const kind of ['secret', 'configMap'] as const) {
    const projection = source[kind];
    if (projection === undefined) continue;
    if ((projection.name ?? '') === '') errors.push(required(`${path}.${kind}.name`));
    for (const [index, item] of (projection.items ?? []).entries()) {
      errors.push(...validateKeyToPath(item, `${path}.${kind}.items[${index}]`));
      take(item.path, projection.name);
    }
  }
  for (const file of source.downwardAPI?.items ?? []) {
    errors.push(...validateDownwardFiles([file], `${path}.downwardAPI`));
    take(file.path, file.path);
  }
  if (source.serviceAccountToken !== undefined)
    errors.push(...validateToken(source.serviceAccountToken, `${path}.serviceAccountToken`, volumePath));
  const kinds = Object.values(source).filter((projection) => projection !== undefined).length;
  if (kinds > 1) errors.push(forbiddenField(path, 'may not specify more than 1 volume type per source'));
  return errors;
}

const volumeFieldPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** Upstream's paths name the volume, not the file. */
export function validateDownwardFiles(files: readonly DownwardAPIVolumeFile[], path: string): readonly FieldError[] {
  return files.flatMap(({ path: target, fieldRef, resourceFieldRef, mode }) => {
    const errors: FieldError[] = target === '' ? [required(`${path}.path`)] : [];
    errors.push(...validateNonReserved(target, `${path}.path`));
    if (fieldRef !== undefined) {
      errors.push(...validateFieldRef(fieldRef, volumeFieldPaths, `${path}.fieldRef`));
      const why = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      if (resourceFieldRef !== undefined) errors.push(invalidValue(path, 'resource', why));
    } else if (resourceFieldRef !== undefined)
      errors.push(...validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, { inVolume: true }));
    else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
    return [...errors, ...validateFileMode(mode, `${path}.mode`)];
  });
}

function validateToken(
  { expirationSeconds = 0, path: target }: ServiceAccountTokenProjection,
  path: string,
  volumePath: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const at = `${path}.expirationSeconds`;
  if (expirationSeconds < 600)
    errors.push(invalidValue(at, expirationSeconds, 'may not specify a duration less than 10 minutes'));
  if (expirationSeconds > 2 ** 32)
    errors.push(invalidValue(at, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  if ((target ?? '') === '') return [...errors, required(`${volumePath}.path`)];
  return [...errors, ...validateNonReserved(target, `${volumePath}.path`)];
}
