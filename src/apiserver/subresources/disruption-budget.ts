import { findCondition } from '../../api/conditions.ts';
import { ApiError, forbidden } from '../../api/error.ts';
import type { PodDisruptionBudget } from '../../api/schema/policy-v1.ts';

// pkg/registry/core/pod/storage: MaxDisruptedPodSize.
const disruptedPodsMax = 2_000;
const subject = { group: 'policy', resource: 'poddisruptionbudget' };

/** The budget with one disruption less, and the pod noted. Throws when it allows none now. `now` is RFC 3339. */
export function withDisruptionTaken(budget: PodDisruptionBudget, podName: string, now: string): PodDisruptionBudget {
  const { metadata, status } = budget;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw stillProcessed(metadata.name);
  if (status.disruptionsAllowed < 0) {
    throw forbidden(subject, metadata.name, 'pdb disruptions allowed is negative');
  }
  if (Object.keys(status.disruptedPods ?? {}).length > disruptedPodsMax) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbidden(subject, metadata.name, why);
  }
  if (status.disruptionsAllowed === 0) {
    throw new ApiError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      details: { causes: [{ reason: 'DisruptionBudget', message: whyNone(budget) }] },
    });
  }
  const disruptionsAllowed = status.disruptionsAllowed - 1;
  const conditions = status.conditions ?? [];
  return {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed,
      disruptedPods: { ...status.disruptedPods, [podName]: now },
      ...(disruptionsAllowed === 0 ? { conditions: insufficient(conditions, metadata.generation, now) } : {}),
    },
  };
}

type Conditions = NonNullable<PodDisruptionBudget['status']['conditions']>;

function insufficient(conditions: Conditions, generation: number | undefined, now: string): Conditions {
  const old = findCondition(conditions, 'DisruptionAllowed');
  const next = {
    type: 'DisruptionAllowed',
    status: 'False',
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : now,
    reason: 'InsufficientPods',
    message: '',
  };
  return old === undefined ? [...conditions, next] : conditions.map((one) => (one === old ? next : one));
}

/** Whether the numbers can be trusted comes first. */
function whyNone({ metadata: { name }, status }: PodDisruptionBudget): string {
  const condition = findCondition(status.conditions, 'DisruptionAllowed');
  const message = condition?.status === 'False' ? (condition.message ?? '') : '';
  if (message !== '' && condition?.reason === 'SyncFailed') {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${message}`;
  }
  if (status.currentHealthy <= status.desiredHealthy) {
    return `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`;
  }
  const why = message === '' ? '' : ` (${condition?.reason}): ${message}`;
  return `The disruption budget ${name} does not allow evicting pods currently${why}`;
}

/** The budget's controller has not seen the newest spec or pods: try again soon. */
export function stillProcessed(budget: string): ApiError {
  return new ApiError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget} is still being processed by the server.`,
        },
      ],
      retryAfterSeconds: 10,
    },
  });
}
