import type { Mutable } from './kind.ts';
import { QuantityError, formatQuantity, parseQuantity, roundUpToMilli } from './quantity.ts';
import type { ResourceList, ResourceRequirements } from './schema/core-v1.ts';

/**
 * Writes a quantity as Kubernetes would give it back; what is no quantity stays as it is, for
 * validation to find. JSON numbers are quantities too.
 */
export function canonical(text: unknown): string {
  return rewritten(text, (quantity) => quantity);
}

/** The same for every amount of a list, rounded up to thousandths as defaulting does. In place. */
export function canonicalResourceList(list: Mutable<ResourceList> | undefined): void {
  if (list === undefined) return;
  for (const [name, text] of Object.entries(list)) list[name] = rewritten(text, roundUpToMilli);
}

export function canonicalResources(resources: Mutable<ResourceRequirements> | undefined): void {
  canonicalResourceList(resources?.limits);
  canonicalResourceList(resources?.requests);
}

function rewritten(text: unknown, change: typeof roundUpToMilli): string {
  try {
    return formatQuantity(change(parseQuantity(String(text).trim())));
  } catch (error) {
    if (error instanceof QuantityError) return text as string;
    throw error;
  }
}
