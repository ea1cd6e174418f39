import { type FieldError, duplicate, forbiddenField, invalidValue, required } from '../../field-error.ts';
import { isDns1123Label, isDns1123Subdomain } from '../../field-rules.ts';
import { QuantityError, compareQuantity, formatQuantity } from '../../quantity.ts';
import type { PodResourceClaim, PodSpec } from '../../schema/core-v1.ts';
import { containerTotal, parseResources } from './pod-resources.ts';
import { validateResourceRequirements } from './resource-requirements.ts';

/** `spec.resources`, which the containers' own may not exceed (upstream validatePodResources). */
export function validatePodLevelResources(
  spec: PodSpec,
  path: string,
  podClaims: ReadonlySet<string>,
): readonly FieldError[] {
  const { resources, os } = spec;
  if (resources === undefined) return [];
  if (os?.name === 'windows') return [forbiddenField(path, 'may not be set for a windows pod')];
  const why = 'claims may not be set for Resources at pod-level';
  return [
    ...(resources.claims === undefined ? [] : [forbiddenField(`${path}.claims`, why)]),
    ...validateResourceRequirements(resources, path, { level: 'pod', podClaims }),
    ...validateConsistency(spec, path),
  ];
}

function validateConsistency(spec: PodSpec, path: string): readonly FieldError[] {
  try {
    const errors: FieldError[] = [];
    const requests = parseResources(spec.resources?.requests);
    const limits = parseResources(spec.resources?.limits);
    for (const [name, total] of containerTotal({ spec }, (container) => container.resources.requests)) {
      const request = requests.get(name);
      if (request === undefined || compareQuantity(total, request) <= 0) continue;
      const why = `must be greater than or equal to aggregate container requests of ${formatQuantity(total)}`;
      errors.push(invalidValue(`${path}.requests[${name}]`, formatQuantity(request), why));
    }
    for (const [index, container] of spec.containers.entries())
      for (const [name, own] of parseResources(container.resources.limits)) {
        const limit = limits.get(name);
        if (limit === undefined || compareQuantity(own, limit) <= 0) continue;
        const why = `must be less than or equal to pod limits of ${formatQuantity(limit)}`;
        errors.push(invalidValue(`${path}.containers[${index}][${name}].limits`, formatQuantity(own), why));
      }
    return errors;
  } catch (error) {
    // What is no quantity has been reported where it stands.
    if (error instanceof QuantityError) return [];
    throw error;
  }
}

/** Devices that the pod claims by name (upstream validatePodResourceClaims). */
export function validatePodClaims(claims: readonly PodResourceClaim[], path: string): readonly FieldError[] {
  const names = new Set<string>();
  return claims.flatMap((claim, index) => {
    const at = `${path}[${index}]`;
    const { name, resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    const shown = { Name: name, ResourceClaimName: own ?? null, ResourceClaimTemplateName: template ?? null };
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${at}.name`));
    else if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else errors.push(...isDns1123Label(name, `${at}.name`));
    names.add(name);
    if (own !== undefined && template !== undefined)
      errors.push(
        invalidValue(at, shown, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'),
      );
    if (own === undefined && template === undefined)
      errors.push(invalidValue(at, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    if (own !== undefined) errors.push(...isDns1123Subdomain(own, `${at}.resourceClaimName`));
    if (template !== undefined) errors.push(...isDns1123Subdomain(template, `${at}.resourceClaimTemplateName`));
    return errors;
  });
}
