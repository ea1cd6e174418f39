import { type FieldError, notSupported, required, tooMany } from '../../field-error.ts';
import type { Container } from '../../schema/core-v1.ts';

const policies = ['Always', 'Never', 'OnFailure'];
const actions = ['Restart', 'RestartAllContainers'];
const operators = ['In', 'NotIn'];

/** A container's own restart policy and the exit codes that override it (upstream validateContainerRestartPolicy). */
export function validateRestartRules(
  { restartPolicy, restartPolicyRules: rules = [] }: Container,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (restartPolicy === undefined) {
    if (rules.length === 0) return [];
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  } else if (!policies.includes(restartPolicy))
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, policies));
  if (rules.length > 20) errors.push(tooMany(`${path}.restartPolicyRules`, rules.length, 20));
  for (const [index, { action = '', exitCodes }] of rules.entries()) {
    const at = `${path}.restartPolicyRules[${index}]`;
    if (!actions.includes(action)) errors.push(notSupported(`${at}.action`, action, actions));
    if (exitCodes === undefined) {
      errors.push(required(`${at}.exitCodes`, 'must be specified'));
      continue;
    }
    const { operator = '', values = [] } = exitCodes;
    if (!operators.includes(operator)) errors.push(notSupported(`${at}.exitCodes.operator`, operator, operators));
    if (values.length > 255) errors.push(tooMany(`${at}.exitCodes.values`, values.length, 255));
  }
  return errors;
}
