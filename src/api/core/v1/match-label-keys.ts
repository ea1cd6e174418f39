import { type FieldError, forbiddenField, invalidValue } from '../../field-error.ts';
import { validateLabelName } from '../../label-selector.ts';
import type { LabelSelector } from '../../schema/meta-v1.ts';

/** Labels whose values are the incoming pod's (upstream ValidateMatchLabelKeysAndMismatchLabelKeys). */
export function validateMatchLabelKeys(
  path: string,
  match: readonly string[],
  mismatch: readonly string[],
  selector: LabelSelector | undefined,
): readonly FieldError[] {
  const errors: FieldError[] = [
    ...validateKeys(match, `${path}.matchLabelKeys`, selector),
    ...validateKeys(mismatch, `${path}.mismatchLabelKeys`, selector),
  ];
  const selected = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) {
    const index = match.lastIndexOf(key);
    if (index >= 0 && selected.has(key))
      errors.push(invalidValue(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    selected.add(key);
  }
  for (const [index, key] of match.entries())
    if (mismatch.includes(key)) {
      const why = 'exists in both matchLabelKeys and mismatchLabelKeys';
      errors.push(invalidValue(`${path}.matchLabelKeys[${index}]`, key, why));
    }
  return errors;
}

function validateKeys(
  keys: readonly string[],
  path: string,
  selector: LabelSelector | undefined,
): readonly FieldError[] {
  if (keys.length === 0) return [];
  if (selector === undefined) return [forbiddenField(path, 'must not be specified when labelSelector is not set')];
  return keys.flatMap((key, index) => validateLabelName(key, `${path}[${index}]`));
}
