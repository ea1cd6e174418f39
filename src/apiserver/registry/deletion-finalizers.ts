import type { KubernetesObject } from '../../api/resource.ts';

export interface Propagation {
  readonly propagationPolicy?: string | undefined;
  /** The old form: true is Orphan, false is Background. */
  readonly orphanDependents?: boolean | undefined;
}

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/**
 * The object's finalizers once its deletion has begun: the garbage collector finds in them how dependents
 * are to be treated (upstream deletionFinalizersForGarbageCollection).
 */
export function finalizersForDeletion({ metadata }: KubernetesObject, propagation: Propagation): readonly string[] {
  const finalizers = metadata.finalizers ?? [];
  const wanted = wantedFinalizer(finalizers, propagation);
  const others = finalizers.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  return wanted === undefined ? others : [...others, wanted];
}

/** What the request says comes before what the object says. */
function wantedFinalizer(
  finalizers: readonly string[],
  { propagationPolicy, orphanDependents }: Propagation,
): string | undefined {
  if (orphanDependents !== undefined) return orphanDependents ? orphan : undefined;
  if (propagationPolicy === 'Orphan') return orphan;
  if (propagationPolicy === 'Foreground') return foreground;
  if (propagationPolicy === 'Background') return undefined;
  return finalizers.find((finalizer) => finalizer === orphan || finalizer === foreground);
}
