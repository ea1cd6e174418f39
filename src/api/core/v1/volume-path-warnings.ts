import type { Volume, VolumeProjection } from '../../schema/core-v1.ts';

interface PlacedFile {
  readonly path: string;
  readonly source: string;
}

/** Files of one volume that hide each other (upstream warningsForOverlappingVirtualPaths). */
export function warningsOfVolumePaths(volumes: readonly Volume[]): readonly string[] {
  return volumes.flatMap(({ name, configMap, secret, downwardAPI, projected }) => {
    const warn = (what: string, files: readonly PlacedFile[]): readonly string[] =>
      overlaps(files).map((body) => `volume "${name}" (${what}): overlapping paths: ${body}`);
    const empty = (projected?.sources ?? []).filter((source) => Object.keys(source).length === 0);
    return [
      ...warn(`ConfigMap "${configMap?.name ?? ''}"`, filesOf(configMap?.items, '')),
      ...warn(`Secret "${secret?.secretName ?? ''}"`, filesOf(secret?.items, '')),
      ...warn('DownwardAPI', filesOf(downwardAPI?.items, '')),
      ...empty.map(() => `volume "${name}" (Projected) has no sources provided`),
      ...warn('Projected', (projected?.sources ?? []).flatMap(filesOfSource)),
    ];
  });
}

function filesOf(items: readonly { readonly path: string }[] | undefined, source: string): readonly PlacedFile[] {
  return (items ?? []).map(({ path }) => ({ path, source }));
}

function filesOfSource(source: VolumeProjection): readonly PlacedFile[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle: bundle } = source;
  if (configMap?.items !== undefined) return filesOf(configMap.items, `ConfigMap "${configMap.name ?? ''}"`);
  if (secret?.items !== undefined) return filesOf(secret.items, `Secret "${secret.name ?? ''}"`);
  if (downwardAPI?.items !== undefined) return filesOf(downwardAPI.items, 'DownwardAPI');
  if (serviceAccountToken !== undefined) return filesOf([serviceAccountToken], 'ServiceAccountToken');
  if (bundle === undefined) return [];
  return filesOf([bundle], `ClusterTrustBundle "${bundle.name ?? bundle.signerName ?? ''}"`);
}

function overlaps(files: readonly PlacedFile[]): readonly string[] {
  const trimmed = files.map(({ path, source }) => ({ path: path.replace(/(?<!\/)\/+$/, ''), source }));
  return trimmed.flatMap((one, index) =>
    trimmed
      .slice(0, index)
      .filter((other) => one.path !== '' && other.path !== '' && (isWithin(one, other) || isWithin(other, one)))
      .map((other) => `${shown(one)} with ${shown(other)}`),
  );
}

const isWithin = (inner: PlacedFile, outer: PlacedFile): boolean => `${inner.path}/`.startsWith(`${outer.path}/`);

const shown = ({ path, source }: PlacedFile): string => (source === '' ? `"${path}"` : `"${path}" (${source})`);
