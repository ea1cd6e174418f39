import { type FieldError, invalidValue, notSupported } from '../../field-error.ts';
import { validateLabelName } from '../../label-selector.ts';
import { validLabelValue } from '../../names.ts';
import type { Toleration } from '../../schema/core-v1.ts';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Upstream ValidateTolerations, without the comparison operators of a feature that is off by default. */
export function validateTolerations(tolerations: readonly Toleration[], path: string): readonly FieldError[] {
  return tolerations.flatMap((toleration, index) => {
    const at = `${path}[${index}]`;
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
    const errors: FieldError[] = key === '' ? [] : [...validateLabelName(key, `${at}.key`)];
    if (key === '' && operator !== 'Exists') {
      const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalidValue(`${at}.operator`, operator, why));
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      const why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.push(invalidValue(`${at}.effect`, effect, why));
    }
    errors.push(...validateOperator(operator, value, `${at}.operator`));
    if (effect !== '' && !effects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, effects));
    return errors;
  });
}

function validateOperator(operator: string, value: string, path: string): readonly FieldError[] {
  switch (operator) {
    case '':
    case 'Equal': {
      const wrong = validLabelValue(value).join(';');
      return wrong === '' ? [] : [invalidValue(path, value, wrong)];
    }
    case 'Exists':
      return value === '' ? [] : [invalidValue(path, value, "value must be empty when `operator` is 'Exists'")];
    case 'Lt':
    case 'Gt':
      return [notSupported(path, operator, ['Equal', 'Exists', 'Lt', 'Gt'])];
    default:
      return [notSupported(path, operator, ['Equal', 'Exists'])];
  }
}
