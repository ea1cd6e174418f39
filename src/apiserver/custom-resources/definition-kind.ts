import type { Mutable } from '../../api/kind.ts';
import type { CustomResourceDefinition } from '../../api/schema/apiextensions-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import type { DraftObject } from '../registry/draft-object.ts';
import type { ServedResource } from '../served-resource.ts';
import { withDefinitionCondition } from './definition-condition.ts';
import { validateDefinition, validateDefinitionUpdate } from './validate-definition.ts';

/** Holds a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** Definitions as the server serves them: with the rules for what it can honour, and the finalizer of a deletion. */
export function definitionResource(served: ServedResource): ServedResource {
  const { definition } = served;
  const typed = (object: KubernetesObject): CustomResourceDefinition => object as CustomResourceDefinition;
  return {
    ...served,
    definition: {
      ...definition,
      prepareCreate(object) {
        definition.prepareCreate?.(object);
        const draft = object as Mutable<CustomResourceDefinition>;
        draft.status = { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: [] };
        addStoredVersion(draft);
      },
      prepareUpdate(object, old) {
        definition.prepareUpdate?.(object, old);
        addStoredVersion(object as Mutable<CustomResourceDefinition>);
      },
      validateCreate: (object) => [...definition.validateCreate(object), ...validateDefinition(typed(object))],
      validateUpdate: (object, old) => [
        ...definition.validateUpdate(object, old),
        ...validateDefinitionUpdate(typed(object), typed(old)),
      ],
    },
    onDeletion: markForDeletion,
  };
}

function addStoredVersion({ spec, status }: Mutable<CustomResourceDefinition>): void {
  const stored = spec.versions.find(({ storage }) => storage);
  if (stored !== undefined && !status.storedVersions.includes(stored.name)) status.storedVersions.push(stored.name);
}

function markForDeletion(object: DraftObject, nowMs: number): void {
  const { metadata } = object;
  metadata.finalizers = [...(metadata.finalizers ?? []).filter((one) => one !== cleanupFinalizer), cleanupFinalizer];
  const { status } = object as unknown as CustomResourceDefinition;
  object['status'] = withDefinitionCondition(
    status,
    {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    },
    timestamp(nowMs),
  );
}
