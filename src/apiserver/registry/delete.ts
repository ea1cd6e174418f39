import { notFound } from '../../api/error.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import { secondMs } from '../../std/clock.ts';
import type { ServedResource } from '../served-resource.ts';
import { deepFreeze } from '../store/deep-freeze.ts';
import { keyOf, StoredObject } from '../store/stored-object.ts';
import { admitFinal } from './admit.ts';
import { checkPreconditions, type Preconditions } from './check-preconditions.ts';
import { finalizersForDeletion, type Propagation } from './deletion-finalizers.ts';
import { draftOf, type DraftObject } from './draft-object.ts';
import { namespaceFinalizers } from './namespace-finalizers.ts';
import type { Registry, WriteContext } from './registry.ts';
import { timestamp } from '../../api/timestamps.ts';

export interface DeleteRequest extends Propagation {
  readonly namespace: string;
  readonly name: string;
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditions?: Preconditions | undefined;
}

export interface Deleted {
  /** The last state when `isGone`, the terminating object otherwise. */
  readonly stored: StoredObject;
  readonly isGone: boolean;
}

/**
 * Deletes an object, or marks it as terminating when it has a grace period or finalizers (upstream
 * rest.BeforeDelete and registry.Store.Delete, in one step). A terminating object's grace can only shrink.
 * Rejects with NotFound, Conflict, or what admission throws.
 */
export async function deleteObject(
  registry: Registry,
  served: ServedResource,
  request: DeleteRequest,
  context: WriteContext,
): Promise<Deleted> {
  const { store, clock } = registry;
  const { namespace, name } = request;
  const key = keyOf(request);
  let isGone = false;
  const stored = await store.write(store.bucket(served.bucket), key, (current) => {
    if (current === undefined) throw notFound(served.resource, name);
    const old = current.object;
    checkPreconditions(served.resource, old, request.preconditions);
    const { resource } = served;
    admitFinal(
      registry,
      { operation: 'DELETE', resource, subresource: '', namespace, name, object: undefined, old },
      context,
    );
    const next = nextState(served, request, old, clock.now());
    if (next === undefined) return { keep: current };
    isGone = next.isGone;
    if (context.dryRun) return { keep: new StoredObject(key, deepFreeze(next.object), current.revision) };
    return next.isGone ? { delete: next.object } : { put: next.object };
  });
  return { stored, isGone };
}

/** Undefined when the deletion is under way already and this request does not change it. */
export function nextState(
  served: ServedResource,
  request: DeleteRequest,
  old: KubernetesObject,
  nowMs: number,
): { readonly object: DraftObject; readonly isGone: boolean } | undefined {
  const object = draftOf(old);
  const { metadata } = object;
  if (namespaceFinalizers(served, old).length > 0 && metadata.deletionTimestamp !== undefined) return undefined;
  if (served.onDeletion !== undefined && metadata.deletionTimestamp === undefined) {
    // Kinds whose deletion is a phase of theirs: no grace, and whoever carries it out takes the object away.
    served.onDeletion(object, nowMs);
    metadata.deletionTimestamp = timestamp(nowMs);
    setFinalizers(object, finalizersForDeletion(object, request));
    return { object, isGone: false };
  }
  const finalizers = finalizersForDeletion(object, request);
  const grace = graceOf(served, request, old, nowMs);
  if (grace === 'pending') return undefined;
  setFinalizers(object, finalizers);
  const waits = (metadata.finalizers ?? []).length > 0;
  if (grace !== undefined) {
    if (metadata.deletionTimestamp === undefined) growGeneration(object);
    metadata.deletionTimestamp = timestamp(grace.deletionMs);
    metadata.deletionGracePeriodSeconds = grace.seconds;
  } else if (waits) {
    if (metadata.deletionTimestamp === undefined) growGeneration(object);
    const isPast = metadata.deletionTimestamp !== undefined && Date.parse(metadata.deletionTimestamp) <= nowMs;
    if (!isPast) metadata.deletionTimestamp = timestamp(nowMs);
    metadata.deletionGracePeriodSeconds = 0;
  }
  return { object, isGone: !waits && (grace?.seconds ?? 0) === 0 };
}

/** The grace to write down; undefined for an object without graceful deletion. */
function graceOf(
  { definition }: ServedResource,
  { gracePeriodSeconds }: DeleteRequest,
  old: KubernetesObject,
  nowMs: number,
): { readonly seconds: number; readonly deletionMs: number } | 'pending' | undefined {
  if (definition.defaultGraceSeconds === undefined) return undefined;
  const asked = gracePeriodSeconds !== undefined && gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds;
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata;
  if (deletionTimestamp === undefined) {
    // Where the kind grants none (a pod without a node, a finished one) the caller cannot ask for any.
    const granted = definition.defaultGraceSeconds(old);
    const seconds = granted === 0 ? 0 : Math.max(asked ?? granted, 0);
    return { seconds, deletionMs: nowMs + seconds * secondMs };
  }
  const current = deletionGracePeriodSeconds ?? 0;
  if (current === 0) return undefined;
  if (asked === undefined || asked >= current) return 'pending';
  const deletionMs = Date.parse(deletionTimestamp) + (asked - current) * secondMs;
  if (deletionMs >= nowMs) return { seconds: asked, deletionMs };
  return { seconds: asked === 0 ? 0 : 1, deletionMs: nowMs };
}

function setFinalizers({ metadata }: DraftObject, finalizers: readonly string[]): void {
  if (finalizers.length === 0) delete metadata.finalizers;
  else metadata.finalizers = [...finalizers];
}

function growGeneration({ metadata }: DraftObject): void {
  if (metadata.generation !== undefined && metadata.generation > 0) metadata.generation++;
}
