import { withCondition } from '../api/conditions.ts';
import { isPodReady } from '../api/core/v1/pod-readiness.ts';
import type { Deployment } from '../api/schema/apps-v1.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import type { Condition } from '../api/schema/meta-v1.ts';
import {
  inferenceLabel,
  type ColdStart,
  type Inference,
  type InferencePhase,
  type InferenceStatus,
} from '../api/slipway/v1alpha1/inference.ts';
import { type Trouble, troubleOf } from './replica-trouble.ts';
import * as reasons from './reasons.ts';
import type { ServerHealth } from './server-health.ts';

export interface StatusInput {
  readonly inference: Inference;
  /** Why nothing can serve the model; undefined when something can. */
  readonly refusal: string | undefined;
  readonly deployment: Deployment | undefined;
  /** Newest first, without those that terminate. */
  readonly pods: readonly Pod[];
  /** What the newest pod's server says, where somebody asked. */
  readonly health: ServerHealth | undefined;
  /** Undefined when no start has been seen from beginning to end. */
  readonly coldStart: ColdStart | undefined;
  readonly url: string;
  /** RFC 3339. */
  readonly now: string;
}

export function decideStatus(input: StatusInput): InferenceStatus {
  const { inference, pods, coldStart, url, now } = input;
  const verdict = verdictOf(input);
  return {
    observedGeneration: inference.metadata.generation,
    phase: verdict.phase,
    reason: verdict.reason,
    url,
    replicas: pods.filter(isCounted).length,
    readyReplicas: pods.filter(isPodReady).length,
    selector: `${inferenceLabel}=${inference.metadata.name}`,
    coldStart: coldStart ?? inference.status?.coldStart,
    conditions: conditionsOf(input, verdict, now),
  };
}

interface Verdict {
  readonly phase: InferencePhase;
  readonly reason: string;
  readonly trouble?: Trouble | undefined;
}

const isCounted = ({ status: { phase } }: Pod): boolean => phase !== 'Failed' && phase !== 'Succeeded';

function verdictOf({ inference, refusal, deployment, pods, health }: StatusInput): Verdict {
  if (refusal !== undefined) return { phase: 'Failed', reason: refusal };
  if (deployment === undefined) return { phase: 'Pending', reason: 'its Deployment is being made' };
  const wanted = deployment.spec.replicas ?? 1;
  if (wanted === 0) {
    const { action, after } = inference.spec.idle;
    return {
      phase: 'Idle',
      reason:
        action === 'zero'
          ? `it sleeps, since nobody asked for ${after}; the next request wakes it`
          : 'it was scaled to 0 by hand',
    };
  }
  const trouble = pods.map(troubleOf).find((one) => one !== undefined) ?? replicaFailure(deployment);
  const ready = pods.filter(isPodReady).length;
  if (ready > 0) {
    const text = `${ready} of ${wanted} replica${wanted === 1 ? '' : 's'} ready`;
    return {
      phase: 'Ready',
      reason: trouble === undefined ? text : `${text}; a new one fails: ${trouble.message}`,
      trouble,
    };
  }
  if (trouble !== undefined) return { phase: 'Failed', reason: trouble.message, trouble };
  return startOf(pods.find(isCounted), health);
}

/** Pods that the API server refuses are told by the Deployment. */
function replicaFailure({ status }: Deployment): Trouble | undefined {
  const condition = status.conditions?.find(({ type, status: value }) => type === 'ReplicaFailure' && value === 'True');
  return condition?.message === undefined ? undefined : { message: condition.message, cause: 'runtime' };
}

function startOf(newest: Pod | undefined, health: ServerHealth | undefined): Verdict {
  if (newest === undefined) return { phase: 'Pending', reason: 'its first pod is being made' };
  const unscheduled = unscheduledCondition(newest);
  if (unscheduled !== undefined)
    return { phase: 'Pending', reason: unscheduled.message ?? 'no node has room for its pod' };
  if ((newest.spec.nodeName ?? '') === '') return { phase: 'Pending', reason: 'its pod waits for a node' };
  const isRunning = newest.status.containerStatuses?.some(({ state }) => state.running !== undefined) === true;
  if (!isRunning) return { phase: 'Loading', reason: 'the model server starts' };
  if (health?.phase === 'downloading') return { phase: 'Downloading', reason: downloadText(health) };
  if (health?.phase === 'warming') return { phase: 'Loading', reason: 'the model answers its first request' };
  return { phase: 'Loading', reason: 'the model server loads the model' };
}

/** In tenths: each further one would be another write. */
function downloadText({ receivedBytes, totalBytes }: ServerHealth): string {
  if (receivedBytes === undefined || totalBytes === undefined || totalBytes === 0)
    return 'the model is being downloaded';
  const percent = Math.min(90, Math.floor((receivedBytes / totalBytes) * 10) * 10);
  return `the model is being downloaded: ${percent} % of ${Math.ceil(totalBytes / 1_000_000)} MB`;
}

const unscheduledCondition = (pod: Pod) =>
  pod.status.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');

/** Ready; Schedulable: the pods have found nodes; ModelAvailable: a server has read the model. Unknown until it shows. */
function conditionsOf(
  { inference, refusal, pods }: StatusInput,
  { phase, reason, trouble }: Verdict,
  now: string,
): readonly Condition[] {
  const unscheduled = pods.map(unscheduledCondition).find((one) => one !== undefined);
  const isPlaced = pods.some(({ spec }) => (spec.nodeName ?? '') !== '');
  const made: readonly Pick<Condition, 'type' | 'status' | 'reason' | 'message'>[] = [
    {
      type: 'Ready',
      status: phase === 'Ready' ? 'True' : 'False',
      reason: phase === 'Ready' ? reasons.replicasReady : phase,
      message: reason,
    },
    {
      type: 'Schedulable',
      ...(unscheduled !== undefined
        ? { status: 'False', reason: reasons.unschedulable, message: unscheduled.message ?? '' }
        : isPlaced
          ? { status: 'True', reason: reasons.scheduled, message: 'its pods have nodes' }
          : {
              status: 'Unknown',
              reason: phase === 'Idle' ? reasons.asleep : reasons.starting,
              message: 'it has no pods',
            }),
    },
    { type: 'ModelAvailable', ...modelAvailable(refusal, phase, trouble) },
  ];
  return made.reduce<readonly Condition[]>(
    (list, condition) =>
      withCondition(
        list,
        { ...condition, observedGeneration: inference.metadata.generation, lastTransitionTime: now },
        now,
      ),
    inference.status?.conditions ?? [],
  );
}

function modelAvailable(
  refusal: string | undefined,
  phase: InferencePhase,
  trouble: Trouble | undefined,
): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (refusal !== undefined) return { status: 'False', reason: reasons.invalidSpec, message: refusal };
  if (trouble?.cause === 'server') return { status: 'False', reason: reasons.serverFailed, message: trouble.message };
  if (phase === 'Ready')
    return { status: 'True', reason: reasons.loaded, message: 'a server has loaded it and answered' };
  if (phase === 'Idle') return { status: 'Unknown', reason: reasons.asleep, message: 'no server runs' };
  return { status: 'Unknown', reason: reasons.starting, message: 'no server has loaded it yet' };
}
