import {
  type FieldError,
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from '../../field-error.ts';
import { isDns1123Label, isQualifiedName } from '../../field-rules.ts';
import {
  type Quantity,
  QuantityError,
  compareQuantity,
  formatQuantity,
  milliValue,
  parseQuantity,
  value,
} from '../../quantity.ts';
import type { ResourceClaim, ResourceRequirements } from '../../schema/core-v1.ts';
import { isPodLevelResource } from './pod-resources.ts';
import {
  isExtendedResource,
  isHugePages,
  isIntegerResource,
  isNativeResource,
  isOvercommitAllowed,
  isStandardContainerResource,
  isStandardResource,
} from './resource-names.ts';

/** The rules of a container's or a pod's requests and limits (upstream validateResourceRequirements). */
export function validateResourceRequirements(
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  path: string,
  { level, podClaims }: { readonly level: 'container' | 'pod'; readonly podClaims: ReadonlySet<string> },
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const nameRule = level === 'container' ? validateContainerResourceName : validatePodResourceName;
  for (const [name, text] of Object.entries(limits)) {
    const at = `${path}.limits[${name}]`;
    errors.push(...nameRule(name, at), ...validateAmount(name, text, at));
  }
  for (const [name, text] of Object.entries(requests)) {
    const at = `${path}.requests[${name}]`;
    errors.push(...nameRule(name, at), ...validateResourceQuantity(name, text, at));
    errors.push(...validateAgainstLimit(name, text, limits[name], path), ...validatePages(name, text, at));
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory'))
    errors.push(forbiddenField(path, 'HugePages require cpu or memory'));
  return [...errors, ...validateClaims(claims, podClaims, `${path}.claims`)];
}

function validateAmount(name: string, text: string, path: string): readonly FieldError[] {
  return [...validateResourceQuantity(name, text, path), ...validatePages(name, text, path)];
}

/** Not negative, and whole where the resource is counted. */
export function validateResourceQuantity(name: string, text: string, path: string): readonly FieldError[] {
  const quantity = quantityOrError(text, path);
  if ('reason' in quantity) return [quantity];
  const errors: FieldError[] = [];
  if (quantity.nanos < 0n) errors.push(invalidValue(path, text, 'must be greater than or equal to 0'));
  if (isIntegerResource(name) && milliValue(quantity) % 1000n !== 0n)
    errors.push(invalidValue(path, text, 'must be an integer'));
  return errors;
}

function validateAgainstLimit(
  name: string,
  text: string,
  limitText: string | undefined,
  path: string,
): readonly FieldError[] {
  if (limitText === undefined)
    return isOvercommitAllowed(name)
      ? []
      : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')];
  const [request, limit] = [quantityOrError(text, path), quantityOrError(limitText, path)];
  if ('reason' in request || 'reason' in limit) return [];
  const order = compareQuantity(request, limit);
  const of = `${name} limit of ${formatQuantity(limit)}`;
  if (order !== 0 && !isOvercommitAllowed(name))
    return [invalidValue(`${path}.requests`, formatQuantity(request), `must be equal to ${of}`)];
  return order > 0
    ? [invalidValue(`${path}.requests`, formatQuantity(request), `must be less than or equal to ${of}`)]
    : [];
}

function validatePages(name: string, text: string, path: string): readonly FieldError[] {
  if (!isHugePages(name)) return [];
  const [amount, page] = [quantityOrError(text, path), quantityOrError(name.slice('hugepages-'.length), path)];
  if ('reason' in amount) return [];
  const isDivisible =
    !('reason' in page) && page.nanos > 0n && milliValue(page) % 1000n === 0n && value(amount) % value(page) === 0n;
  return isDivisible ? [] : [invalidValue(path, text, `${text} is not positive integer multiple of ${name}`)];
}

export function quantityOrError(text: string, path: string): Quantity | FieldError {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) return invalidValue(path, text, error.message);
    throw error;
  }
}

function validateResourceName(name: string, path: string): readonly FieldError[] {
  const errors = isQualifiedName(name, path);
  if (errors.length > 0 || name.includes('/') || isStandardResource(name)) return errors;
  return [invalidValue(path, name, 'must be a standard resource type or fully qualified')];
}

export function validateContainerResourceName(name: string, path: string): readonly FieldError[] {
  const errors = validateResourceName(name, path);
  if (!name.includes('/'))
    return isStandardContainerResource(name)
      ? errors
      : [...errors, invalidValue(path, name, 'must be a standard resource for containers')];
  if (isNativeResource(name) || isExtendedResource(name)) return errors;
  return [...errors, invalidValue(path, name, "doesn't follow extended resource name standard")];
}

function validatePodResourceName(name: string, path: string): readonly FieldError[] {
  const errors = validateResourceName(name, path);
  if (errors.length > 0 || isPodLevelResource(name)) return errors;
  return [notSupported(path, name, ['cpu', 'hugepages-', 'memory'])];
}

function validateClaims(
  claims: readonly ResourceClaim[],
  podClaims: ReadonlySet<string>,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { name, request = '' }] of claims.entries()) {
    const at = `${path}[${index}]`;
    if (name === '' || name === undefined) {
      errors.push(required(at));
      continue;
    }
    if (seen.has(name)) errors.push(duplicate(at, name));
    else {
      const key = request === '' ? name : `${name}/${request}`;
      if (request !== '') errors.push(...isDns1123Label(request, `${at}.request`));
      if (seen.has(key)) errors.push(duplicate(at, key));
      else if (request === '')
        for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(duplicate(at, name));
      seen.add(key);
    }
    if (!podClaims.has(name)) {
      const known = podClaims.size === 0 ? ' which is empty' : `: ${[...podClaims].toSorted().join(', ')}`;
      errors.push(notFoundValue(at, name, `must be one of the names in pod.spec.resourceClaims${known}`));
    }
  }
  return errors;
}
