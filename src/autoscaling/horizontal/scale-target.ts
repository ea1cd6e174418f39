import type { KubernetesObject, Resource } from '../../api/resource.ts';
import type { CustomResourceDefinition } from '../../api/schema/apiextensions-v1.ts';
import type { Scale } from '../../api/schema/autoscaling-v1.ts';
import type { CrossVersionObjectReference } from '../../api/schema/autoscaling-v2.ts';

/** The resource behind a reference; its `scale` subresource is an autoscaling/v1 Scale. */
export type ScaleTarget = Resource<Scale>;

/**
 * Finds the resource that a scaleTargetRef means among the built-in ones and those that
 * CustomResourceDefinitions serve. As upstream, the version of the reference does not matter:
 * a kind's scale is the same in all. Upstream: apimachinery pkg/api/meta RESTMapper.
 */
export function scaleTargetOf(
  { apiVersion = '', kind }: CrossVersionObjectReference,
  builtIn: readonly Resource[],
  definitions: readonly CustomResourceDefinition[],
): ScaleTarget | { readonly error: string } {
  const parts = apiVersion.split('/');
  if (parts.length > 2) return { error: `unexpected GroupVersion string: ${apiVersion}` };
  const group = parts.length === 2 ? (parts[0] ?? '') : '';
  const known = builtIn.find((resource) => resource.group === group && resource.kind === kind);
  if (known !== undefined) return asTarget(known);
  const definition = definitions.find(({ spec }) => spec.group === group && spec.names.kind === kind);
  const version = definition?.spec.versions.find(({ served, storage }) => served && storage) ?? firstServed(definition);
  if (definition === undefined || version === undefined)
    return { error: `no matches for kind "${kind}" in group "${group}"` };
  const { names, scope } = definition.spec;
  return {
    group,
    version: version.name,
    resource: names.plural,
    singular: names.singular ?? kind.toLowerCase(),
    kind,
    namespaced: scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
  };
}

const firstServed = (definition: CustomResourceDefinition | undefined) =>
  definition?.spec.versions.find(({ served }) => served);

/** The objects of the subresource are scales, whatever those of the resource are. */
const asTarget = (resource: Resource): ScaleTarget => resource as Resource<KubernetesObject> as ScaleTarget;
