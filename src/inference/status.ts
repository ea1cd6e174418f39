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
import type { Obstacle } from './child-keeper.ts';
import type { ReplicaPods } from './replica-pods.ts';
import { type Trouble, troubleOf } from './replica-trouble.ts';
import * as reasons from './reasons.ts';
import { idleSinceOf } from './replicas.ts';
import type { ServerHealth } from './server-health.ts';

export interface StatusInput {
  readonly inference: Inference;
  /** Why nothing can serve the model; undefined when something can. */
  readonly refusal: string | undefined;
  /** Why its children cannot all be kept. */
  readonly obstacle: Obstacle | undefined;
  readonly deployment: Deployment | undefined;
  readonly pods: ReplicaPods;
  /** What the pods' servers say, by the pods' uid, where somebody asked. */
  readonly health: ReadonlyMap<string, ServerHealth>;
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
    replicas: pods.living.filter(isCounted).length,
    readyReplicas: pods.living.filter(isPodReady).length,
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

function verdictOf({ inference, refusal, obstacle, deployment, pods, health }: StatusInput): Verdict {
  if (refusal !== undefined) return { phase: 'Failed', reason: refusal };
  if (obstacle !== undefined)
    return { phase: obstacle.kind === 'Passes' ? 'Pending' : 'Failed', reason: obstacle.message };
  if (deployment === undefined) return { phase: 'Pending', reason: 'its Deployment is being made' };
  const wanted = deployment.spec.replicas ?? 1;
  if (wanted === 0) return { phase: 'Idle', reason: sleepText(inference, deployment) };
  const latest = pods.latest.filter(isCounted);
  const starting = latest.filter((pod) => !isPodReady(pod) && troubleOf(pod) === undefined);
  const trouble =
    troubleOfAny(latest) ?? replicaFailure(deployment) ?? (latest.length === 0 ? troubleOfAny(pods.latest) : undefined);
  const ready = pods.living.filter(isPodReady).length;
  if (ready > 0) {
    const text = `${ready} of ${wanted} replica${wanted === 1 ? '' : 's'} ready`;
    const isRollingOut = pods.living.some((pod) => isPodReady(pod) && !pods.latest.includes(pod));
    const news =
      trouble !== undefined
        ? `; a new one fails: ${trouble.message}`
        : isRollingOut
          ? '; the latest spec is being rolled out'
          : '';
    return { phase: 'Ready', reason: `${text}${news}`, trouble };
  }
  // As long as one may still come up, nothing has failed.
  if (trouble !== undefined && starting.length === 0) return { phase: 'Failed', reason: trouble.message, trouble };
  return { ...furthest(starting.map((pod) => startOf(pod, health.get(pod.metadata.uid)))), trouble };
}

function sleepText({ metadata, spec }: Inference, deployment: Deployment): string {
  return idleSinceOf(deployment) === undefined
    ? `it was scaled to 0 by hand: kubectl scale deployment ${metadata.name} --replicas=${spec.replicas.min} wakes it`
    : `it sleeps, since nobody asked for ${spec.idle.after}; the next request wakes it`;
}

function troubleOfAny(pods: readonly Pod[]): Trouble | undefined {
  return pods.map(troubleOf).find((one) => one !== undefined);
}

/** Pods that the API server refuses are told by the Deployment. */
function replicaFailure({ status }: Deployment): Trouble | undefined {
  const condition = status.conditions?.find(({ type, status: value }) => type === 'ReplicaFailure' && value === 'True');
  return condition?.message === undefined ? undefined : { message: condition.message, cause: 'runtime' };
}

/** How far the pod is, and how that is told. */
interface Start extends Verdict {
  readonly step: number;
}

const notMade: Start = { step: 0, phase: 'Pending', reason: 'its first pod is being made' };

/** What serves first is what people wait for. */
function furthest(starts: readonly Start[]): Verdict {
  const { phase, reason } = starts.reduce((best, start) => (start.step > best.step ? start : best), notMade);
  return { phase, reason };
}

function startOf(pod: Pod, health: ServerHealth | undefined): Start {
  const unscheduled = unscheduledCondition(pod);
  if (unscheduled !== undefined)
    return { step: 2, phase: 'Pending', reason: unscheduled.message ?? 'no node has room for its pod' };
  if ((pod.spec.nodeName ?? '') === '') return { step: 1, phase: 'Pending', reason: 'its pod waits for a node' };
  const isRunning = pod.status.containerStatuses?.some(({ state }) => state.running !== undefined) === true;
  if (!isRunning) return { step: 3, phase: 'Loading', reason: 'the model server starts' };
  if (health?.phase === 'downloading') return { step: 4, phase: 'Downloading', reason: downloadText(health) };
  if (health?.phase === 'warming') return { step: 6, phase: 'Loading', reason: 'the model answers its first request' };
  return { step: 5, phase: 'Loading', reason: 'the model server loads the model' };
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
  { inference, refusal, pods: { latest } }: StatusInput,
  { phase, reason, trouble }: Verdict,
  now: string,
): readonly Condition[] {
  const unscheduled = latest.map(unscheduledCondition).find((one) => one !== undefined);
  const isPlaced = latest.some(({ spec }) => (spec.nodeName ?? '') !== '');
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
