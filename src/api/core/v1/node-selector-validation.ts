import { type FieldError, forbiddenField, invalidValue, required } from '../../field-error.ts';
import { validateLabelName } from '../../label-selector.ts';
import { dns1123Subdomain, validLabelValue } from '../../names.ts';
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../../schema/core-v1.ts';

/** Which nodes a pod may run on (upstream ValidateNodeSelector). */
export function validateNodeSelector({ nodeSelectorTerms }: NodeSelector, path: string): readonly FieldError[] {
  const at = `${path}.nodeSelectorTerms`;
  if (nodeSelectorTerms.length === 0) return [required(at, 'must have at least one node selector term')];
  return nodeSelectorTerms.flatMap((term, index) =>
    validateNodeSelectorTerm(term, `${at}[${index}]`, { valuesAreLabels: true }),
  );
}

export function validateNodeSelectorTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  path: string,
  rules: { readonly valuesAreLabels: boolean },
): readonly FieldError[] {
  return [
    ...matchExpressions.flatMap((one, index) => validateExpression(one, `${path}.matchExpressions[${index}]`, rules)),
    ...matchFields.flatMap((one, index) => validateField(one, `${path}.matchFields[${index}]`)),
  ];
}

function validateExpression(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: string,
  { valuesAreLabels }: { readonly valuesAreLabels: boolean },
): readonly FieldError[] {
  const errors: FieldError[] = [
    ...validateCount(operator, values.length, path),
    ...validateLabelName(key, `${path}.key`),
  ];
  if (!valuesAreLabels) return errors;
  for (const [index, value] of values.entries())
    for (const message of validLabelValue(value)) errors.push(invalidValue(`${path}.values[${index}]`, value, message));
  return errors;
}

function validateCount(operator: string, count: number, path: string): readonly FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return count > 0 ? [] : [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist': {
      const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return count === 0 ? [] : [forbiddenField(`${path}.values`, why)];
    }
    case 'Gt':
    case 'Lt': {
      const why = "must be specified single value when `operator` is 'Lt' or 'Gt'";
      return count === 1 ? [] : [required(`${path}.values`, why)];
    }
    default:
      return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}

/** By the node's own fields; there is only its name. */
function validateField({ key, operator, values = [] }: NodeSelectorRequirement, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'));
  else if (values.length !== 1) {
    const why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${path}.values`, why));
  }
  if (key !== 'metadata.name') return [...errors, invalidValue(`${path}.key`, key, 'not a valid field selector key')];
  for (const [index, value] of values.entries())
    for (const message of dns1123Subdomain(value))
      errors.push(invalidValue(`${path}.values[${index}]`, value, message));
  return errors;
}
