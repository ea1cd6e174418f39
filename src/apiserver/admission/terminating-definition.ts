import { ApiError } from '../../api/error.ts';
import { customResourceDefinitions } from '../../api/resources.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { bucketName } from '../served-resource.ts';
import type { Store } from '../store/store.ts';

/** No new objects of a kind whose definition is being deleted: the deletion would never end. */
export function terminatingDefinition(store: Store): AdmissionPlugin {
  const definitions = store.bucket(bucketName(customResourceDefinitions));
  return {
    name: 'TerminatingDefinition',
    admit({ operation, resource, subresource }) {
      if (operation !== 'CREATE' || subresource !== '') return;
      const found = definitions.get(`${resource.resource}.${resource.group}`);
      if (found?.object.metadata.deletionTimestamp === undefined) return;
      const message = 'create not allowed while custom resource definition is terminating';
      throw new ApiError('MethodNotAllowed', message, { details: { group: resource.group, kind: resource.resource } });
    },
  };
}
