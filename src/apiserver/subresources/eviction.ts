import { ApiError, badRequest, isConflict } from '../../api/error.ts';
import { isConditionTrue } from '../../api/conditions.ts';
import { matchesLabels, selectorOf } from '../../api/label-selector.ts';
import { podDisruptionBudgets } from '../../api/resources.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { PodDisruptionBudget } from '../../api/schema/policy-v1.ts';
import { checkPreconditions } from '../registry/check-preconditions.ts';
import { deleteObject, type DeleteRequest } from '../registry/delete.ts';
import { modifyObject } from '../registry/modify.ts';
import { getObject } from '../registry/read.ts';
import type { Registry, WriteContext } from '../registry/registry.ts';
import { timestamp } from '../../api/timestamps.ts';
import type { ServedResource } from '../served-resource.ts';
import { stillProcessed, withDisruptionTaken } from './disruption-budget.ts';
import { withPodCondition } from './pod-condition.ts';

/** policy/v1 Eviction. */
export interface Eviction {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly deleteOptions?: Omit<DeleteRequest, 'namespace' | 'name'> & { readonly dryRun?: readonly string[] };
}

interface PodKey {
  readonly namespace: string;
  readonly name: string;
}

/**
 * POST pods/eviction: deletes the pod if its disruption budget allows it, and takes the disruption from the
 * budget in one step (pkg/registry/core/pod/storage/eviction.go). Rejects with TooManyRequests when it does not.
 */
export async function evictPod(
  registry: Registry,
  served: ServedResource,
  key: PodKey,
  eviction: Eviction,
  context: WriteContext,
): Promise<void> {
  if ((eviction.metadata?.name ?? key.name) !== key.name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  const options = eviction.deleteOptions ?? {};
  const write = { ...context, dryRun: context.dryRun || options.dryRun?.includes('All') === true };
  const pod = getObject(registry, served, key).object as Pod;
  const hasOwnVersion = options.preconditions?.resourceVersion !== undefined;
  const guard = { ...options.preconditions, resourceVersion: pod.metadata.resourceVersion };
  if (ignoresBudget(pod)) {
    // A pending pod might become ready meanwhile, and then its budget would count.
    const preconditions = pod.status.phase === 'Pending' && !hasOwnVersion ? guard : options.preconditions;
    await addConditionAndDelete(registry, served, key, { ...options, preconditions }, write);
    return;
  }
  const budget = budgetOf(registry, pod);
  const isUnguarded = budget !== undefined && allowsUnhealthy(budget, pod);
  if (budget !== undefined && !isUnguarded) await takeDisruption(registry, budget, key.name, write);
  const preconditions = isUnguarded && !hasOwnVersion ? guard : options.preconditions;
  try {
    await addConditionAndDelete(registry, served, key, { ...options, preconditions }, write);
  } catch (error) {
    if (!isConflict(error) || !isUnguarded || hasOwnVersion) throw error;
    throw stillProcessed(budget.metadata.name);
  }
}

/** Such a pod has caused its disruption already, or never served. */
function ignoresBudget({ status, metadata }: Pod): boolean {
  const { phase } = status;
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || metadata.deletionTimestamp !== undefined;
}

function budgetOf({ store, resources }: Registry, pod: Pod): PodDisruptionBudget | undefined {
  const served = resources.find(podDisruptionBudgets);
  if (served === undefined) return undefined;
  const budgets = store
    .bucket(served.bucket)
    .list(`${pod.metadata.namespace ?? ''}/`)
    .map(({ object }) => object as PodDisruptionBudget)
    .filter(({ spec }) => matchesPod(spec.selector, pod));
  if (budgets.length <= 1) return budgets[0];
  throw new ApiError(
    'InternalError',
    'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  );
}

function matchesPod(selector: PodDisruptionBudget['spec']['selector'], pod: Pod): boolean {
  try {
    return matchesLabels(selectorOf(selector), pod.metadata.labels);
  } catch {
    return false;
  }
}

/** A pod that is not ready is not counted by the budget, so that evicting it may be free. */
function allowsUnhealthy({ spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  if (isConditionTrue(pod.status.conditions, 'Ready')) return false;
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0;
}

async function takeDisruption(
  registry: Registry,
  { metadata }: PodDisruptionBudget,
  podName: string,
  context: WriteContext,
): Promise<void> {
  const served = registry.resources.find(podDisruptionBudgets)!;
  const now = timestamp(registry.clock.now());
  const change = (budget: PodDisruptionBudget): PodDisruptionBudget => withDisruptionTaken(budget, podName, now);
  await modifyObject<PodDisruptionBudget>(registry, served, metadata, change, context);
}

async function addConditionAndDelete(
  registry: Registry,
  served: ServedResource,
  key: PodKey,
  options: Omit<DeleteRequest, 'namespace' | 'name'>,
  context: WriteContext,
): Promise<void> {
  let { preconditions } = options;
  if (!context.dryRun) {
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    };
    const change = (pod: Pod): Pod => {
      checkPreconditions(served.resource, pod, preconditions);
      return withPodCondition(pod, condition, timestamp(registry.clock.now()));
    };
    const stored = await modifyObject<Pod>(registry, served, key, change, context);
    if (preconditions?.resourceVersion !== undefined) {
      preconditions = { ...preconditions, resourceVersion: String(stored.revision) };
    }
  }
  await deleteObject(registry, served, { ...options, ...key, preconditions }, context);
}
