import { forbidden, notFound } from '../../api/error.ts';
import { namespaces } from '../../api/resources.ts';
import type { AdmissionPlugin } from '../admission.ts';
import type { ResourceTable } from '../resource-table.ts';
import type { Store } from '../store/store.ts';

/** Namespaces that every cluster has; they cannot be deleted (plugin namespace/lifecycle, immortal namespaces). */
export const immortalNamespaces: readonly string[] = ['default', 'kube-system', 'kube-public'];

/** Nothing new in a namespace that is not there or terminates. Where namespaces are not served, anything goes. */
export function namespaceLifecycle(store: Store, resources: ResourceTable): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    admit({ operation, resource, namespace, name, subresource }) {
      if (operation !== 'CREATE' || subresource !== '' || namespace === '') return;
      const served = resources.find(namespaces);
      if (served === undefined) return;
      const found = store.bucket(served.bucket).get(namespace);
      if (found === undefined) throw notFound(namespaces, namespace);
      if (found.object.metadata.deletionTimestamp === undefined) return;
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      throw forbidden(resource, name, why, [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ]);
    },
    validate({ operation, resource, name }) {
      if (operation !== 'DELETE' || resource.kind !== 'Namespace' || resource.group !== '') return;
      if (immortalNamespaces.includes(name)) throw forbidden(resource, name, 'this namespace may not be deleted');
    },
  };
}
