import { type FieldError, duplicate, forbiddenField, invalidValue } from '../../field-error.ts';
import { byRule, isEqual, isOneOf } from '../../field-rules.ts';
import { cidr, parseIp } from '../../ip-address.ts';
import { validateLabelName } from '../../label-selector.ts';
import { validLabelValue } from '../../names.ts';
import type { Node, Taint } from '../../schema/core-v1.ts';
import { validateResourceQuantity } from './resource-requirements.ts';

/** Upstream ValidateNode. */
export function validateNode(node: Node): readonly FieldError[] {
  return [...validateTaints(node.spec.taints ?? []), ...validateAmounts(node), ...validatePodCIDRs(node)];
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Upstream names the taints below metadata. */
function validateTaints(taints: readonly Taint[]): readonly FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const at = `metadata.taints[${index}]`;
    const { key, value = '', effect } = taint;
    const wrong = validLabelValue(value).join(';');
    const errors: FieldError[] = [
      ...validateLabelName(key, `${at}.key`),
      ...(wrong === '' ? [] : [invalidValue(`${at}.value`, value, wrong)]),
      ...isOneOf(effect, effects, `${at}.effect`),
    ];
    if (seen.has(`${effect}/${key}`)) {
      const shown = { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null };
      const { detail, ...repeated } = duplicate(at, shown);
      errors.push({ ...repeated, detail: `${detail}: taints must be unique by key and effect pair` });
    }
    seen.add(`${effect}/${key}`);
    return errors;
  });
}

function validateAmounts({ status }: Node): readonly FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(status[list] ?? {}).flatMap(([name, text]) =>
      validateResourceQuantity(name, text, `status.${list}.${name}`),
    ),
  );
}

function validatePodCIDRs({ spec: { podCIDRs = [] } }: Node): readonly FieldError[] {
  const families = podCIDRs.map((block) => parseIp(block.split('/')[0] ?? '')?.family);
  const areTooMany = podCIDRs.length > 2 || (podCIDRs.length === 2 && families[0] === families[1]);
  const why = 'may specify no more than one CIDR for each IP family';
  return [
    ...podCIDRs.flatMap((block, index) => byRule(cidr, block, `spec.podCIDRs[${index}]`)),
    ...(areTooMany ? [invalidValue('spec.podCIDRs', podCIDRs, why)] : []),
  ];
}

export function validateNodeUpdate(node: Node, old: Node): readonly FieldError[] {
  return [...validateNode(node), ...validateNodeStatusUpdate(node, old)];
}

/** Upstream ValidateNodeUpdate, which also guards writes of the status. */
export function validateNodeStatusUpdate(node: Node, old: Node): readonly FieldError[] {
  const fixed = (field: string): FieldError =>
    forbiddenField(`spec.${field}`, `node updates may not change ${field.replace(/s$/, '')} except from "" to valid`);
  const { podCIDRs: oldCIDRs = [], providerID: oldProviderID = '' } = old.spec;
  return [
    ...validateAmounts(node),
    ...validateAddresses(node),
    ...(oldCIDRs.length > 0 && !isEqual(node.spec.podCIDRs, oldCIDRs) ? [fixed('podCIDRs')] : []),
    ...(oldProviderID !== '' && node.spec.providerID !== oldProviderID ? [fixed('providerID')] : []),
    ...validateTaints(node.spec.taints ?? []),
  ];
}

function validateAddresses({ status: { addresses = [] } }: Node): readonly FieldError[] {
  const seen = new Set<string>();
  return addresses.flatMap(({ type, address }, index) => {
    const isRepeated = seen.has(`${type}/${address}`);
    seen.add(`${type}/${address}`);
    return isRepeated ? [duplicate(`status.addresses[${index}]`, { Type: type, Address: address })] : [];
  });
}
