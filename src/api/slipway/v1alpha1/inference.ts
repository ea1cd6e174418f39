import type { Condition, ObjectMeta } from '../../schema/meta-v1.ts';
import type { EnvVar } from '../../schema/core-v1.ts';

/**
 * The one object that users write: a model to serve. `spec.model` alone is enough.
 * The wire schema is `charts/slipway/crds/inferences.yaml`'s and stands in inference-crd.ts;
 * a field is added here only when everything behind it honours it.
 */
export interface Inference {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: ObjectMeta;
  readonly spec: InferenceSpec;
  readonly status?: InferenceStatus | undefined;
}

export interface InferenceSpec {
  /** `file:///PATH`, `hf://OWNER/REPO/FILE.gguf[@REVISION]`, `https://…`, or a built-in model such as `builtin://tiny-chat`. */
  readonly model: string;
  /** The name that clients send as `model`; metadata.name unless told. */
  readonly modelName?: string | undefined;
  /** `auto` chooses by the model's file. */
  readonly runtime: 'auto' | 'llm' | 'embed' | 'sim';
  readonly resources?: { readonly cpu?: string | undefined; readonly memory?: string | undefined } | undefined;
  readonly replicas: { readonly min: number; readonly max: number };
  /** In-flight requests a replica that the autoscaler aims at. */
  readonly target: { readonly concurrency: number };
  readonly idle: { readonly after: string; readonly action: 'none' | 'zero' };
  /** What the gateway does with requests while nothing is ready. */
  readonly cold: { readonly hold: string; readonly maxHeld: number };
  /** How long a terminating replica may finish its requests. */
  readonly drain: string;
  readonly args?: readonly string[] | undefined;
  readonly env?: readonly EnvVar[] | undefined;
}

export type InferencePhase = 'Pending' | 'Downloading' | 'Loading' | 'Ready' | 'Idle' | 'Failed';

export interface InferenceStatus {
  readonly observedGeneration?: number | undefined;
  readonly phase?: InferencePhase | undefined;
  /** One sentence a person can act on. */
  readonly reason?: string | undefined;
  /** OpenAI base URL, `http://127.0.0.1:PORT/v1`. */
  readonly url?: string | undefined;
  /** Flat for the scale subresource and the printer columns. */
  readonly replicas?: number | undefined;
  readonly readyReplicas?: number | undefined;
  readonly selector?: string | undefined;
  readonly coldStart?: ColdStart | undefined;
  readonly conditions?: readonly Condition[] | undefined;
}

/** The latest replica's way to Ready. Durations in milliseconds; a phase that did not happen is absent. */
export interface ColdStart {
  readonly totalMs: number;
  readonly phases: {
    readonly scheduleMs?: number | undefined;
    readonly startMs?: number | undefined;
    readonly downloadMs?: number | undefined;
    readonly loadMs?: number | undefined;
  };
}

/** Set by the gateway when a request arrives for a model without ready replicas; RFC 3339. The operator wakes it. */
export const wakeAnnotation = 'slipway.dev/last-request';
/** Label on everything made for an Inference, and the selector of its pods. */
export const inferenceLabel = 'slipway.dev/inference';
