import type { Inference } from '../api/slipway/v1alpha1/inference.ts';
import { addressVariable } from './children.ts';

/** A Service of the same name is made, whose names are DNS labels that begin with a letter (RFC 1035). */
const serviceName = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What a schema cannot say of an Inference; undefined when nothing is wrong. */
export function refusalOf({ metadata: { name }, spec }: Inference): string | undefined {
  if (!serviceName.test(name))
    return `metadata.name "${name}" must be a name for a Service too: at most 63 lower-case letters, digits and "-", beginning with a letter`;
  for (const argument of spec.args ?? []) if (argument.includes('\0')) return 'spec.args must not contain NUL';
  if (spec.env?.some(({ name: variable }) => variable === addressVariable) === true)
    return `spec.env must not set ${addressVariable}: it tells the model server its address`;
  return undefined;
}
