import type { FieldError } from '../../api/field-error.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import type { CustomResourceDefinition } from '../../api/schema/apiextensions-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import type { DraftObject } from '../registry/draft-object.ts';
import type { ServedResource } from '../served-resource.ts';
import { withDefinitionCondition } from './definition-condition.ts';
import { validateDefaults } from './validate-defaults.ts';
import { validatePaths } from './validate-paths.ts';

/** Holds a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** Definitions as the server serves them: with the rules that take its validator, and the finalizer of a deletion. */
export function definitionResource(served: ServedResource): ServedResource {
  const { definition } = served;
  const more = (object: KubernetesObject, errors: readonly FieldError[]): readonly FieldError[] =>
    // Upstream, too, looks at defaults only in schemas that are structural.
    errors.length > 0 ? errors : ownErrors(object as CustomResourceDefinition);
  return {
    ...served,
    definition: {
      ...definition,
      validateCreate: (object) => more(object, definition.validateCreate(object)),
      validateUpdate: (object, old) => more(object, definition.validateUpdate(object, old)),
    },
    onDeletion: markForDeletion,
  };
}

function ownErrors({ spec }: CustomResourceDefinition): readonly FieldError[] {
  return spec.versions.flatMap((version, index) => {
    const path = `spec.versions[${index}]`;
    const schema = version.schema?.openAPIV3Schema;
    return [
      ...(schema === undefined ? [] : validateDefaults(schema, `${path}.schema.openAPIV3Schema`)),
      ...validatePaths(version, path),
    ];
  });
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
