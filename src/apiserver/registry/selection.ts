import { badRequest } from '../../api/error.ts';
import { matchesFields, parseFieldSelector, type FieldSelector } from '../../api/field-selector.ts';
import { parseLabelSelector } from '../../api/label-selector-grammar.ts';
import { matchesLabels, SelectorError, type Selector } from '../../api/label-selector.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import type { ServedResource } from '../served-resource.ts';

/** Which objects of a resource a list, a watch or a deletecollection is about. */
export interface Selection {
  /** '' for all. */
  readonly namespace: string;
  readonly isEverything: boolean;
  matches(object: KubernetesObject): boolean;
}

export interface SelectionOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** Throws BadRequest for a selector that cannot be read and for a field that the resource cannot be selected by. */
export function selectionOf(
  served: ServedResource,
  { namespace = '', labelSelector = '', fieldSelector = '' }: SelectionOptions,
): Selection {
  if (labelSelector === '' && fieldSelector === '') return { namespace, isEverything: true, matches: () => true };
  const labels = parsed(() => parseLabelSelector(labelSelector));
  const fields = parsed(() => parseFieldSelector(fieldSelector));
  for (const { field } of fields) {
    if (reader(served, field) !== undefined) continue;
    throw badRequest(unknownField(served, field));
  }
  return { namespace, isEverything: false, matches: (object) => selects(served, labels, fields, object) };
}

function selects(served: ServedResource, labels: Selector, fields: FieldSelector, object: KubernetesObject): boolean {
  if (!matchesLabels(labels, object.metadata.labels)) return false;
  return matchesFields(fields, (field) => reader(served, field)!(object));
}

function reader(
  { definition, resource }: ServedResource,
  field: string,
): ((object: KubernetesObject) => string) | undefined {
  if (field === 'metadata.name') return ({ metadata }) => metadata.name;
  if (field === 'metadata.namespace' && resource.namespaced) return ({ metadata }) => metadata.namespace ?? '';
  return Object.hasOwn(definition.selectableFields, field) ? definition.selectableFields[field] : undefined;
}

/** A kind without fields of its own to select by is worded differently (runtime.DefaultMetaV1FieldSelectorConversion). */
function unknownField({ definition, isCustom }: ServedResource, field: string): string {
  if (isCustom || Object.keys(definition.selectableFields).length > 0) return `field label not supported: ${field}`;
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw badRequest(error.message);
  }
}
