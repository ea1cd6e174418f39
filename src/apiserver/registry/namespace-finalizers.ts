import type { KubernetesObject } from '../../api/resource.ts';
import type { Namespace } from '../../api/schema/core-v1.ts';
import type { ServedResource } from '../served-resource.ts';
import type { DraftObject } from './draft-object.ts';

/** A namespace has finalizers of its own in spec, which the namespace controller takes away; other kinds have none. */
export function namespaceFinalizers({ resource }: ServedResource, object: KubernetesObject): readonly string[] {
  if (!isNamespace(resource)) return [];
  return (object as Partial<Namespace>).spec?.finalizers ?? [];
}

/** A namespace that is deleted says so in its phase. */
export function beginTermination(object: DraftObject): void {
  object['status'] = { ...(object as unknown as Namespace).status, phase: 'Terminating' };
}

export function isNamespace({ group, kind }: { readonly group: string; readonly kind: string }): boolean {
  return group === '' && kind === 'Namespace';
}
