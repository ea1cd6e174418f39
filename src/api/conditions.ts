/** What every kind of condition has: metav1.Condition and the older ones of pods, nodes, deployments. */
export interface AnyCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | null | undefined;
  readonly observedGeneration?: number | undefined;
}

export function findCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly AnyCondition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The list with this condition in its place, or at the end (meta.SetStatusCondition). The transition
 * time of the old one stays while the status does; a new status takes the given time, else `now`.
 * The same list comes back when nothing changes. `now` is RFC 3339.
 */
export function withCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  condition: C,
  now: string,
): readonly C[] {
  const list = conditions ?? [];
  const old = findCondition(list, condition.type);
  const moved = condition.lastTransitionTime ?? now;
  if (old === undefined) return [...list, { ...condition, lastTransitionTime: moved }];
  const next = {
    ...old,
    ...condition,
    lastTransitionTime: old.status === condition.status ? (old.lastTransitionTime ?? moved) : moved,
  };
  return sameCondition(old, next) ? list : list.map((one) => (one === old ? next : one));
}

export function withoutCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  type: string,
): readonly C[] {
  const list = conditions ?? [];
  return list.some((condition) => condition.type === type) ? list.filter((condition) => condition.type !== type) : list;
}

function sameCondition(a: AnyCondition, b: AnyCondition): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof AnyCondition>;
  return [...keys].every((key) => a[key] === b[key]);
}
