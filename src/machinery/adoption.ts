import { ApiError, isNotFound } from '../api/error.ts';
import { type Selector, matchesLabels } from '../api/label-selector.ts';
import { controllerOf, controllerReference } from '../api/owner-references.ts';
import type { KubernetesObject, Resource } from '../api/resource.ts';
import type { Client } from './client.ts';
import { controllerUid } from './indexes.ts';
import type { Lister } from './lister.ts';

export type Claim = 'keep' | 'adopt' | 'release' | 'ignore';

/** What an owner with this selector does about an object. Upstream: pkg/controller/controller_ref_manager.go. */
export function decideClaim(owner: KubernetesObject, selector: Selector, object: KubernetesObject): Claim {
  const controller = controllerOf(object);
  const isMatch = matchesLabels(selector, object.metadata.labels);
  const ownerIsDeleting = owner.metadata.deletionTimestamp !== undefined;
  if (controller !== undefined) {
    if (controller.uid !== owner.metadata.uid) return 'ignore';
    if (isMatch) return 'keep';
    return ownerIsDeleting ? 'ignore' : 'release';
  }
  const isOrphan = isMatch && object.metadata.deletionTimestamp === undefined;
  return isOrphan && !ownerIsDeleting && owner.metadata.namespace === object.metadata.namespace ? 'adopt' : 'ignore';
}

/** All that decideClaim may have an opinion on: what the owner controls and what its selector matches. */
export function claimCandidates<T extends KubernetesObject>(
  lister: Lister<T>,
  owner: KubernetesObject,
  selector: Selector,
): readonly T[] {
  const controlled = lister.by(controllerUid, owner.metadata.uid);
  const orphans = lister
    .matching(owner.metadata.namespace ?? '', selector)
    .filter((object) => controllerOf(object) === undefined);
  return [...controlled, ...orphans];
}

export interface Claiming<T extends KubernetesObject, O extends KubernetesObject> {
  readonly client: Client;
  readonly ownerResource: Resource<O>;
  readonly owner: O;
  readonly selector: Selector;
  readonly resource: Resource<T>;
  readonly candidates: readonly T[];
  /** Hears of each object that was changed, as the server answered. */
  readonly onWrite: (object: T) => void;
}

/**
 * The objects that the owner controls, after it adopted and released what it should. A first adoption
 * looks at the live owner, so that a copy that is behind does not hand objects to a dead one.
 * Each write names the object's uid, so that a namesake is never touched. Rejects with the first
 * failure after all were tried.
 */
export async function claim<T extends KubernetesObject, O extends KubernetesObject>({
  client,
  ownerResource,
  owner,
  selector,
  resource,
  candidates,
  onWrite,
}: Claiming<T, O>): Promise<readonly T[]> {
  const claimed: T[] = [];
  let failure: unknown;
  let checked: Promise<void> | undefined;
  const patch = (object: T, ownerReference: object): Promise<T> =>
    client.patch(resource, object.metadata, {
      type: 'strategic',
      body: { metadata: { uid: object.metadata.uid, ownerReferences: [ownerReference] } },
    });
  for (const object of candidates) {
    const decision = decideClaim(owner, selector, object);
    try {
      if (decision === 'keep') claimed.push(object);
      if (decision === 'adopt') {
        await (checked ??= checkOwner(client, ownerResource, owner));
        const adopted = await patch(object, controllerReference(ownerResource, owner));
        onWrite(adopted);
        claimed.push(adopted);
      }
      if (decision === 'release') onWrite(await patch(object, { $patch: 'delete', uid: owner.metadata.uid }));
    } catch (error) {
      // Gone, or changed so that the release means nothing any more.
      const isHarmless = isNotFound(error) || (decision === 'release' && isInvalid(error));
      if (!isHarmless) failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return claimed;
}

async function checkOwner<O extends KubernetesObject>(client: Client, resource: Resource<O>, owner: O): Promise<void> {
  const live = await client.get(resource, owner.metadata);
  const { namespace = '', name, uid } = owner.metadata;
  if (live.metadata.uid !== uid)
    throw new ApiError(
      'Conflict',
      `original ${resource.kind} ${namespace}/${name} is gone: got uid ${live.metadata.uid}, wanted ${uid}`,
    );
  if (live.metadata.deletionTimestamp !== undefined)
    throw new ApiError('Conflict', `${namespace}/${name} has just been deleted at ${live.metadata.deletionTimestamp}`);
}

const isInvalid = (error: unknown): boolean => error instanceof ApiError && error.reason === 'Invalid';
