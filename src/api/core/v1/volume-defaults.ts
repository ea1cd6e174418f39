import type { Mutable } from '../../kind.ts';
import { canonical, canonicalResources } from '../../resource-list.ts';
import type { DownwardAPIVolumeFile, Volume } from '../../schema/core-v1.ts';
import { imageTag } from './image-name.ts';

const defaultMode = 0o644;
const tokenLifetimeSeconds = 3600;

/** Upstream's SetDefaults_Volume and those of its sources; a volume without a source is an emptyDir. */
export function setVolumeDefaults(volume: Mutable<Volume>): void {
  const hasSource = Object.entries(volume).some(([key, value]) => key !== 'name' && value !== undefined);
  if (!hasSource) volume.emptyDir = {};
  if (volume.emptyDir?.sizeLimit !== undefined) volume.emptyDir.sizeLimit = canonical(volume.emptyDir.sizeLimit);
  if (volume.image !== undefined)
    volume.image.pullPolicy ||= imageTag(volume.image.reference ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
  if (volume.hostPath !== undefined) volume.hostPath.type ??= '';
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected])
    if (source !== undefined) source.defaultMode ??= defaultMode;
  setFileDefaults(volume.downwardAPI?.items);
  for (const source of volume.projected?.sources ?? []) {
    setFileDefaults(source.downwardAPI?.items);
    if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= tokenLifetimeSeconds;
  }
  const claim = volume.ephemeral?.volumeClaimTemplate;
  if (claim !== undefined) {
    claim.spec.volumeMode ??= 'Filesystem';
    canonicalResources(claim.spec.resources);
  }
}

function setFileDefaults(files: readonly Mutable<DownwardAPIVolumeFile>[] | undefined): void {
  for (const { fieldRef, resourceFieldRef } of files ?? []) {
    if (fieldRef !== undefined) fieldRef.apiVersion ||= 'v1';
    if (resourceFieldRef !== undefined) resourceFieldRef.divisor = canonical(resourceFieldRef.divisor ?? '0');
  }
}
