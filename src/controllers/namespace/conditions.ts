import type { Resource } from '../../api/resource.ts';
import type { NamespaceCondition } from '../../api/schema/core-v1.ts';
import {
  contentDeletionFailed,
  contentFailure,
  contentRemaining,
  discoveryFailure,
  finalizersRemaining,
  groupVersionParsingFailure,
  someFinalizersRemain,
  someResourcesRemain,
} from './reasons.ts';

/** What is left of one resource. */
export interface Remainder {
  readonly resource: Resource;
  readonly count: number;
  /** How many objects each finalizer holds. */
  readonly finalizers: Readonly<Record<string, number>>;
}

type Saying = Omit<NamespaceCondition, 'lastTransitionTime'>;

const well = (type: string, reason: string, message: string): Saying => ({ type, status: 'False', reason, message });

/** The conditions after a pass; the very same list when they say nothing new. Upstream: namespaceConditionUpdater. */
export function conditionsAfter(
  before: readonly NamespaceCondition[],
  {
    remainders,
    failures,
    now,
  }: { readonly remainders: readonly Remainder[]; readonly failures: readonly string[]; readonly now: string },
): readonly NamespaceCondition[] {
  const sayings = [
    well(discoveryFailure, 'ResourcesDiscovered', 'All resources successfully discovered'),
    well(groupVersionParsingFailure, 'ParsedGroupVersions', 'All legacy kube types successfully parsed'),
    failureOf(failures),
    remainingOf(remainders),
    finalizersOf(remainders),
  ];
  let isChanged = false;
  const next = [...before];
  for (const saying of sayings) {
    const index = next.findIndex(({ type }) => type === saying.type);
    const old = next[index];
    const { status, reason, message } = saying;
    if (old?.status === status && old.reason === reason && old.message === message) continue;
    isChanged = true;
    const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? now) : now;
    if (old === undefined) next.push({ ...saying, lastTransitionTime });
    else next[index] = { ...saying, lastTransitionTime };
  }
  return isChanged ? next : before;
}

function failureOf(failures: readonly string[]): Saying {
  if (failures.length === 0)
    return well(contentFailure, 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization');
  const list = failures.toSorted().join(', ');
  const message = `Failed to delete all resource types, ${failures.length} remaining: ${list}`;
  return { type: contentFailure, status: 'True', reason: contentDeletionFailed, message };
}

function remainingOf(remainders: readonly Remainder[]): Saying {
  const lines = remainders
    .filter(({ count }) => count > 0)
    .map(({ resource, count }) => `${resource.resource}.${resource.group} has ${count} resource instances`);
  if (lines.length === 0) return well(contentRemaining, 'ContentRemoved', 'All content successfully removed');
  const message = `Some resources are remaining: ${lines.toSorted().join(', ')}`;
  return { type: contentRemaining, status: 'True', reason: someResourcesRemain, message };
}

function finalizersOf(remainders: readonly Remainder[]): Saying {
  const totals = new Map<string, number>();
  for (const { finalizers } of remainders)
    for (const [finalizer, count] of Object.entries(finalizers))
      totals.set(finalizer, (totals.get(finalizer) ?? 0) + count);
  if (totals.size === 0)
    return well(finalizersRemaining, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished');
  const lines = [...totals].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  const message = `Some content in the namespace has finalizers remaining: ${lines.toSorted().join(', ')}`;
  return { type: finalizersRemaining, status: 'True', reason: someFinalizersRemain, message };
}
