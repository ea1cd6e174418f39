import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from '../../field-error.ts';
import type { Container, Volume, VolumeMount } from '../../schema/core-v1.ts';
import { validateDescending, validateNoBacksteps } from './path-rules.ts';

export type VolumesByName = ReadonlyMap<string, Volume>;

/** Where a container's volumes appear (upstream ValidateVolumeMounts). */
export function validateVolumeMounts(
  container: Container,
  volumes: VolumesByName,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const devices = container.volumeDevices ?? [];
  const taken = new Set<string>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}[${index}]`;
    const { name, mountPath, subPath = '', subPathExpr = '' } = mount;
    if (name === '') errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(notFoundValue(`${at}.name`, name));
    if (mountPath === '') errors.push(required(`${at}.mountPath`));
    if (taken.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
    taken.add(mountPath);
    if (devices.some((device) => device.name === name))
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'));
    if (devices.some((device) => device.devicePath === mountPath))
      errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    // Upstream leaves the index out of these paths.
    if (subPath !== '') errors.push(...validateDescending(subPath, `${path}.subPath`));
    if (subPathExpr !== '') {
      const why = 'subPathExpr and subPath are mutually exclusive';
      if (subPath !== '') errors.push(invalidValue(`${at}.subPathExpr`, subPathExpr, why));
      errors.push(...validateDescending(subPathExpr, `${path}.subPathExpr`));
    }
    errors.push(...validatePropagation(mount, container, `${path}.mountPropagation`));
    errors.push(...validateRecursiveReadOnly(mount, `${path}.recursiveReadOnly`));
  }
  return errors;
}

function validatePropagation(mount: VolumeMount, container: Container, path: string): readonly FieldError[] {
  const { mountPropagation: mode } = mount;
  if (mode === undefined) return [];
  const supported = ['Bidirectional', 'HostToContainer', 'None'];
  const errors = supported.includes(mode) ? [] : [notSupported(path, mode, supported)];
  if (mode !== 'Bidirectional' || container.securityContext?.privileged === true) return errors;
  return [forbiddenField(path, 'Bidirectional mount propagation is available only to privileged containers')];
}

function validateRecursiveReadOnly(mount: VolumeMount, path: string): readonly FieldError[] {
  const { recursiveReadOnly: mode, readOnly = false, mountPropagation = 'None' } = mount;
  if (mode === undefined || mode === 'Disabled') return [];
  const supported = ['Disabled', 'Enabled', 'IfPossible'];
  if (!supported.includes(mode)) return [notSupported(path, mode, supported)];
  return [
    ...(readOnly ? [] : [forbiddenField(path, 'may only be specified when readOnly is true')]),
    ...(mountPropagation === 'None'
      ? []
      : [forbiddenField(path, 'may only be specified when mountPropagation is None or not specified')]),
  ];
}

/** Block devices (upstream ValidateVolumeDevices). */
export function validateVolumeDevices(
  container: Container,
  volumes: VolumesByName,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const mounts = container.volumeMounts ?? [];
  const [names, paths] = [new Set<string>(), new Set<string>()];
  for (const [index, { name = '', devicePath = '' }] of (container.volumeDevices ?? []).entries()) {
    const at = `${path}[${index}]`;
    const volume = volumes.get(name);
    const wrongName = (why: string): FieldError => invalidValue(`${at}.name`, name, why);
    const wrongPath = (why: string): FieldError => invalidValue(`${at}.devicePath`, devicePath, why);
    if (name === '') errors.push(required(`${at}.name`));
    if (names.has(name)) errors.push(wrongName('must be unique'));
    if (volume === undefined) errors.push(notFoundValue(`${at}.name`, name));
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined)
      errors.push(wrongName('can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
    if (devicePath === '') errors.push(required(`${at}.devicePath`));
    if (paths.has(devicePath)) errors.push(wrongPath('must be unique'));
    if (devicePath !== '' && validateNoBacksteps(devicePath, at).length > 0)
      errors.push(wrongPath("can not contain backsteps ('..')"));
    else paths.add(devicePath);
    if (mounts.some((mount) => mount.name === name)) errors.push(wrongName('must not already exist in volumeMounts'));
    if (mounts.some((mount) => mount.mountPath === devicePath))
      errors.push(wrongPath('must not already exist as a path in volumeMounts'));
    if (name !== '') names.add(name);
  }
  return errors;
}
