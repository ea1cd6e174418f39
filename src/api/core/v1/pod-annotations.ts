import { type FieldError, forbiddenField, invalidValue } from '../../field-error.ts';

type Annotations = Readonly<Record<string, string>>;

const mirrorPod = 'kubernetes.io/config.mirror';
const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

/** What replica sets read to choose whom to delete first. */
export const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

/** The annotations of a pod that mean something (upstream ValidatePodSpecificAnnotations, without the retired ones). */
export function validatePodAnnotations(
  annotations: Annotations | undefined,
  nodeName: string | undefined,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const mirror = annotations?.[mirrorPod];
  if (mirror !== undefined && (nodeName ?? '') === '') {
    const why = 'must set spec.nodeName if mirror pod annotation is set';
    errors.push(invalidValue(`${path}[${mirrorPod}]`, mirror, why));
  }
  const cost = annotations?.[deletionCostAnnotation];
  if (cost !== undefined && parseDeletionCost(cost) === undefined)
    errors.push(invalidValue(`${path}[${deletionCostAnnotation}]`, cost, 'must be a 32bit integer'));
  return errors;
}

/** A 32-bit integer without plus sign or leading zeros; undefined when the text is none. */
export function parseDeletionCost(text: string): number | undefined {
  if (!/^(0|-?[1-9][0-9]{0,9})$/.test(text)) return undefined;
  const cost = Number(text);
  return cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : undefined;
}

/** Upstream ValidatePodSpecificAnnotationUpdates. */
export function validateAnnotationUpdates(
  annotations: Annotations | undefined,
  old: Annotations | undefined,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(old ?? {})) {
    if (annotations?.[key] === value) continue;
    const what = describe(key);
    if (what !== undefined) errors.push(forbiddenField(`${path}[${key}]`, `may not remove or update ${what}`));
  }
  for (const key of Object.keys(annotations ?? {})) {
    const what = old?.[key] === undefined ? describe(key) : undefined;
    if (what !== undefined) errors.push(forbiddenField(`${path}[${key}]`, `may not add ${what}`));
  }
  return errors;
}

function describe(key: string): string | undefined {
  if (key.startsWith(appArmorPrefix)) return 'AppArmor annotations';
  return key === mirrorPod ? 'mirror pod annotation' : undefined;
}
