/**
 * What a node agent needs from below, as CRI is for the kubelet: sandboxes (one a pod) with containers.
 * `host/process-runtime/` runs processes, `twin/simulated-runtime.ts` simulates, containerd comes later.
 * Everything is keyed by pod uid and container name; all methods are idempotent, so that an agent
 * that restarted may simply ask again.
 */
export interface ContainerRuntime {
  /** Name and version for the node's status, e.g. `slipway-process://0.1.0`. */
  readonly version: string;
  /** Makes the pod's sandbox (address, log folder, cgroup, shim). Returns the one there is when it exists. */
  runSandbox(sandbox: SandboxConfig): Promise<SandboxStatus>;
  /** Starts one container (attempt n); rejects with RuntimeError when it cannot be started. */
  startContainer(podUid: string, container: ContainerConfig): Promise<void>;
  /** SIGTERM, then SIGKILL after the grace; resolves when the container has exited. One that is gone is a success. */
  stopContainer(podUid: string, container: string, graceMs: number): Promise<void>;
  /** Kills what is left and forgets the pod, logs included. */
  removeSandbox(podUid: string): Promise<void>;
  /** What there is now, exited containers with their codes included: after a restart this is how pods are re-adopted. */
  list(): Promise<readonly SandboxStatus[]>;
  /** Called with a pod's uid when any of its containers changed state. Returns a function that unsubscribes. */
  onChange(listener: (podUid: string) => void): () => void;
  /** Runs a command in the container's environment; rejects with RuntimeError when it could not run at all. */
  exec(podUid: string, container: string, command: readonly string[], timeoutMs: number): Promise<ExecResult>;
  /** Cumulative usage by container; containers that do not run are absent. */
  usage(podUid: string): Promise<Readonly<Record<string, ContainerUsage>>>;
  /** Changes CPU and memory of a running container without a restart. */
  updateResources(podUid: string, container: string, resources: ContainerResources): Promise<void>;
  logs(podUid: string, container: string, options: LogOptions, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface SandboxConfig {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  /** true: the pod shares the node's address, no address of its own. */
  readonly hostNetwork: boolean;
  /** Pod-level cgroup: sums over containers; undefined is no limit. */
  readonly resources: ContainerResources;
}

export interface ContainerConfig {
  readonly name: string;
  /** Counts restarts from 0; a config with the attempt that runs already is a no-op. */
  readonly attempt: number;
  /** `slipway/llm`, `slipway/embed`, `slipway/sim`, `slipway/gateway` or `host/<command>`. */
  readonly image: string;
  /** Replaces the image's entrypoint when not empty. Variables are already expanded. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly workingDir?: string | undefined;
  readonly resources: ContainerResources;
  /** terminationMessagePolicy FallbackToLogsOnError: a failure without last words is told by the end of the log. */
  readonly lastWordsFromLog?: boolean | undefined;
}

export interface ContainerResources {
  /** cpu.shares / cpu.weight. */
  readonly cpuRequestMillis?: number | undefined;
  /** cpu.cfs_quota / cpu.max. */
  readonly cpuLimitMillis?: number | undefined;
  /** memory.limit_in_bytes / memory.max. */
  readonly memoryLimitBytes?: number | undefined;
}

export interface SandboxStatus {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  readonly containers: readonly ContainerState[];
}

export interface ContainerState {
  readonly name: string;
  readonly attempt: number;
  /** Unique a start, e.g. `slipway-process://<uuid>`. */
  readonly containerID: string;
  readonly pid?: number | undefined;
  readonly state: 'running' | 'exited';
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt?: number | undefined;
  readonly exitCode?: number | undefined;
  readonly signal?: number | undefined;
  /** `Completed`, `Error` or `OOMKilled`. */
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
  readonly timedOut: boolean;
}

export interface ContainerUsage {
  readonly cpuNanoseconds: number;
  /** Working set. */
  readonly memoryBytes: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface LogOptions {
  readonly attempt?: number | undefined;
  readonly previous: boolean;
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  readonly sinceMs?: number | undefined;
}

/** `reason` becomes the container's waiting reason, e.g. ErrImageNeverPull, InvalidImageName, CreateContainerError, RunContainerError. */
export class RuntimeError extends Error {
  readonly reason: string;
  constructor(reason: string, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'RuntimeError';
    this.reason = reason;
  }
}
