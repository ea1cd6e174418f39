import { type FieldError, invalidValue, notFoundValue } from '../../field-error.ts';
import type { PodSpec } from '../../schema/core-v1.ts';

/** Variables read from a file name an emptyDir of the pod (upstream validateFileKeyRefVolumes). */
export function validateFileKeyVolumes(spec: PodSpec, path: string): readonly FieldError[] {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap(({ env = [] }, index) =>
      env.flatMap(({ valueFrom }, number) => {
        if (valueFrom?.fileKeyRef === undefined) return [];
        const { volumeName } = valueFrom.fileKeyRef;
        const at = `${path}.${list}[${index}].env[${number}].valueFrom.fileKeyRef.volumeName`;
        const volume = volumes.get(volumeName);
        if (volume === undefined) return [notFoundValue(at, volumeName)];
        return volume.emptyDir === undefined
          ? [invalidValue(at, volumeName, 'referenced volume must be of type emptyDir')]
          : [];
      }),
    ),
  );
}
