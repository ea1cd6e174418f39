import { type FieldError, forbiddenField } from '../../field-error.ts';
import type { Pod, PodTemplateSpec } from '../../schema/core-v1.ts';
import { validateLabels } from '../../label-selector.ts';
import { validateAnnotations } from '../../annotations.ts';
import { validateImageSpaces } from './container-validation.ts';
import { validatePodAnnotations } from './pod-annotations.ts';
import { validatePodSpec } from './pod-spec-validation.ts';

/** A pod that is to be made (upstream ValidatePodCreate); its metadata is the server's to check. */
export function validatePodCreate(pod: Pod): readonly FieldError[] {
  const { ephemeralContainers = [], nodeName = '', schedulingGates = [] } = pod.spec;
  return [
    ...validatePodObject(pod),
    ...(ephemeralContainers.length > 0 ? [forbiddenField('spec.ephemeralContainers', 'cannot be set on create')] : []),
    ...(nodeName !== '' && schedulingGates.length > 0
      ? [forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')]
      : []),
  ];
}

/** The rules that hold at any time (upstream validatePodMetadataAndSpec). */
export function validatePodObject({ metadata, spec }: Pod): readonly FieldError[] {
  return [
    ...validatePodAnnotations(metadata.annotations, spec.nodeName, 'metadata.annotations'),
    ...validatePodSpec(spec, 'spec', { podName: metadata.name, isPod: true }),
    ...validateTokensNeedAccount(spec.serviceAccountName, spec.volumes ?? []),
    ...spec.containers.flatMap((one, index) => validateImageSpaces(one, `spec.containers[${index}]`)),
    ...(spec.initContainers ?? []).flatMap((one, index) => validateImageSpaces(one, `spec.initContainers[${index}]`)),
  ];
}

function validateTokensNeedAccount(
  account: string | undefined,
  volumes: NonNullable<Pod['spec']['volumes']>,
): readonly FieldError[] {
  if ((account ?? '') !== '') return [];
  const why = 'must not be specified when serviceAccountName is not set';
  return volumes.flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, number) =>
      serviceAccountToken === undefined
        ? []
        : [forbiddenField(`spec.volumes[${index}].projected.sources[${number}].serviceAccountToken`, why)],
    ),
  );
}

/** Upstream ValidatePodTemplateSpec. */
export function validatePodTemplate({ metadata, spec }: PodTemplateSpec, path: string): readonly FieldError[] {
  const { labels, annotations } = metadata ?? {};
  return [
    ...validateLabels(labels, `${path}.labels`),
    ...validateAnnotations(annotations, `${path}.annotations`),
    ...validatePodAnnotations(annotations, spec.nodeName, `${path}.annotations`),
    ...validatePodSpec(spec, `${path}.spec`, { isPod: false }),
    ...((spec.ephemeralContainers ?? []).length > 0
      ? [forbiddenField(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}
