import { dns1123Subdomain, asPrefix } from '../../api/names.ts';
import { controllerReference } from '../../api/owner-references.ts';
import type { KubernetesObject, Resource } from '../../api/resource.ts';
import type { Pod, PodTemplateSpec } from '../../api/schema/core-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';

/** The pod that a controller makes from its template. Upstream: GetPodFromTemplate in controller_utils.go. */
export function podFromTemplate<O extends KubernetesObject>(
  template: PodTemplateSpec,
  resource: Resource<O>,
  owner: O,
): Draft<Pod> {
  const { labels, annotations, finalizers } = template.metadata;
  return {
    metadata: {
      namespace: owner.metadata.namespace,
      generateName: prefixOf(owner.metadata.name),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(resource, owner)],
    },
    spec: template.spec,
  };
}

/** With a dash, as long as that is a valid beginning of a pod's name. */
function prefixOf(name: string): string {
  const prefix = `${name}-`;
  return dns1123Subdomain(asPrefix(prefix)).length === 0 ? prefix : name;
}
