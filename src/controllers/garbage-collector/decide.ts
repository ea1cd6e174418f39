import type { ObjectMeta, OwnerReference } from '../../api/schema/meta-v1.ts';

/** What has become of an owner: `waiting` is being deleted and waits for its dependents to go first. */
export type OwnerState = 'there' | 'absent' | 'waiting';

export interface Observed {
  /** As the server has it now. */
  readonly metadata: ObjectMeta;
  readonly stateOf: (reference: OwnerReference) => OwnerState;
  readonly hasDependents: boolean;
  /** One of its own dependents waits for its dependents, of which this may be one. */
  readonly hasWaitingDependent: boolean;
}

export type Plan =
  | { readonly action: 'keep'; readonly because: 'NoOwners' | 'OwnerPresent' }
  | {
      readonly action: 'setReferences';
      readonly references: readonly OwnerReference[];
      readonly because: 'SomeOwnersGone';
    }
  | {
      readonly action: 'delete';
      readonly policy: 'Background' | 'Foreground' | 'Orphan';
      /** References that no longer block, to be written first. */
      readonly unblocked: readonly OwnerReference[] | undefined;
      readonly because: 'AllOwnersGone' | 'OwnerWaits' | 'OwnerWaitsInCycle';
    };

/** What happens to an object that is not being deleted yet. Upstream: attemptToDeleteItem. */
export function decide({ metadata, stateOf, hasDependents, hasWaitingDependent }: Observed): Plan {
  const references = metadata.ownerReferences ?? [];
  if (references.length === 0) return { action: 'keep', because: 'NoOwners' };
  const states = references.map((reference) => ({ reference, state: stateOf(reference) }));
  const solid = states.filter(({ state }) => state === 'there').map(({ reference }) => reference);
  if (solid.length === references.length) return { action: 'keep', because: 'OwnerPresent' };
  if (solid.length > 0) return { action: 'setReferences', references: solid, because: 'SomeOwnersGone' };
  if (states.some(({ state }) => state === 'waiting') && hasDependents) {
    // Two that wait for each other would wait for ever.
    const unblocked = hasWaitingDependent
      ? references.map((reference) => ({ ...reference, blockOwnerDeletion: false }))
      : undefined;
    const because = hasWaitingDependent ? 'OwnerWaitsInCycle' : 'OwnerWaits';
    return { action: 'delete', policy: 'Foreground', unblocked, because };
  }
  return { action: 'delete', policy: ownPolicy(metadata), unblocked: undefined, because: 'AllOwnersGone' };
}

/** What the object itself asks for by its finalizers. */
function ownPolicy({ finalizers = [] }: ObjectMeta): 'Background' | 'Foreground' | 'Orphan' {
  if (finalizers.includes('orphan')) return 'Orphan';
  return finalizers.includes('foregroundDeletion') ? 'Foreground' : 'Background';
}
