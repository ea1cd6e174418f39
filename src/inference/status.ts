import { isPodReady } from '../api/core/v1/pod-readiness.ts';
import { withCondition } from '../api/conditions.ts';
import type { Deployment } from '../api/schema/apps-v1.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import {
  inferenceLabel,
  type ColdStart,
  type Inference,
  type InferencePhase,
  type InferenceStatus,
} from '../api/slipway/v1alpha1/inference.ts';

export interface StatusInput {
  readonly inference: Inference;
  /** Why nothing can serve the model; undefined when something can. */
  readonly refusal: string | undefined;
  readonly deployment: Deployment | undefined;
  /** Newest first, without those that terminate. */
  readonly pods: readonly Pod[];
  readonly coldStart: ColdStart | undefined;
  readonly url: string;
  /** RFC 3339. */
  readonly now: string;
}

/** Waiting reasons that do not pass by themselves. */
const hopeless = new Set([
  'CrashLoopBackOff',
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

export function decideStatus(input: StatusInput): InferenceStatus {
  const { inference, deployment, coldStart, url, now } = input;
  const { phase, reason } = phaseOf(input);
  const isReady = phase === 'Ready';
  const conditions = withCondition(
    inference.status?.conditions,
    {
      type: 'Ready',
      status: isReady ? 'True' : 'False',
      reason: isReady ? 'ReplicasReady' : phase,
      message: reason,
      observedGeneration: inference.metadata.generation,
      lastTransitionTime: now,
    },
    now,
  );
  return {
    observedGeneration: inference.metadata.generation,
    phase,
    reason,
    url,
    replicas: deployment?.status.replicas ?? 0,
    readyReplicas: deployment?.status.readyReplicas ?? 0,
    selector: `${inferenceLabel}=${inference.metadata.name}`,
    coldStart: coldStart ?? inference.status?.coldStart,
    conditions,
  };
}

interface Verdict {
  readonly phase: InferencePhase;
  readonly reason: string;
}

function phaseOf({ inference, refusal, deployment, pods }: StatusInput): Verdict {
  if (refusal !== undefined) return { phase: 'Failed', reason: refusal };
  if (deployment === undefined) return { phase: 'Pending', reason: 'its Deployment is being made' };
  const wanted = deployment.spec.replicas ?? 1;
  const ready = pods.filter(isPodReady).length;
  if (wanted === 0) {
    return {
      phase: 'Idle',
      reason: inference.spec.idle.action === 'zero' ? 'it sleeps until the next request' : 'it was scaled to 0 by hand',
    };
  }
  const trouble = pods.map(troubleOf).find((text) => text !== undefined) ?? replicaFailure(deployment);
  if (ready > 0) {
    const text = `${ready} of ${wanted} replica${wanted === 1 ? '' : 's'} ready`;
    return { phase: 'Ready', reason: trouble === undefined ? text : `${text}; a new one fails: ${trouble}` };
  }
  if (trouble !== undefined) return { phase: 'Failed', reason: trouble };
  return startOf(pods);
}

/** What keeps a pod from ever becoming ready, in the server's own last words where it left some. */
function troubleOf({ status }: Pod): string | undefined {
  if (status.phase === 'Failed') return status.message ?? status.reason ?? 'its pod failed';
  for (const { state, lastState } of status.containerStatuses ?? []) {
    const { reason = '', message } = state.waiting ?? {};
    if (!hopeless.has(reason)) continue;
    const end = lastState.terminated;
    if (end === undefined) return message ?? reason;
    const words = end.message?.trim();
    return words === undefined || words === ''
      ? `the model server ended with exit code ${end.exitCode} (${end.reason ?? 'Error'}); see its logs`
      : words;
  }
  return undefined;
}

/** Pods that the API server refuses are told by the Deployment. */
function replicaFailure({ status }: Deployment): string | undefined {
  return status.conditions?.find(({ type, status: value }) => type === 'ReplicaFailure' && value === 'True')?.message;
}

function startOf(pods: readonly Pod[]): Verdict {
  const [newest] = pods;
  if (newest === undefined) return { phase: 'Pending', reason: 'its first pod is being made' };
  const unscheduled = newest.status.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  if (unscheduled !== undefined) return { phase: 'Pending', reason: unscheduled.message ?? 'no node has room for it' };
  if ((newest.spec.nodeName ?? '') === '') return { phase: 'Pending', reason: 'its pod waits for a node' };
  const isRunning = newest.status.containerStatuses?.some(({ state }) => state.running !== undefined) === true;
  return isRunning
    ? { phase: 'Loading', reason: 'the model server loads the model' }
    : { phase: 'Loading', reason: 'the model server starts' };
}
