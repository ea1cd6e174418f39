import type { ApiRequest, ApiResponse } from './exchange.ts';
import type { Pod } from '../api/schema/core-v1.ts';

/** Serves `pods/log`: the node agents' side of it. */
export interface PodLogs {
  /** Chunks of the container's output; follows until the container ends or `signal` aborts. Rejects with ApiError (BadRequest, NotFound). */
  read(pod: Pod, options: PodLogOptions, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface PodLogOptions {
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  /** Milliseconds since the epoch; from sinceSeconds or sinceTime. */
  readonly sinceMs?: number | undefined;
}

/** A group-version served by something else in the process, as an aggregated API server would: metrics.k8s.io. */
export interface AggregatedApi {
  readonly group: string;
  readonly version: string;
  /** For discovery. */
  readonly resources: readonly {
    readonly resource: string;
    readonly singular: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
  handle(request: ApiRequest): Promise<ApiResponse>;
}
