import { isNotFound } from '../api/error.ts';
import type { FieldError } from '../api/field-error.ts';
import { configMaps, nodes, pods, secrets, services } from '../api/resources.ts';
import type { Container, Node, Pod, ResourceList } from '../api/schema/core-v1.ts';
import type { Component } from '../machinery/controller.ts';
import { EventRecorder } from '../machinery/event-recorder.ts';
import { Informer, type Change } from '../machinery/informer.ts';
import type { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';
import { minuteMs, secondMs, sleep } from '../std/clock.ts';
import { refusalOf } from './admission.ts';
import type { ContainerRuntime, SandboxStatus } from './container-runtime.ts';
import { environmentOf, type Variable } from './environment/environment.ts';
import { Heartbeat } from './heartbeat.ts';
import { wellNode, type NodeDescription, type NodeHealth } from './node-object.ts';
import { PodWorker, type PodWorkerMeans } from './pod-worker.ts';
import type { NetworkProber } from './prober.ts';
import { RuntimeView } from './runtime-view.ts';
import type { PodEnd } from './status/pod-status.ts';
import { UsageMeter, type NodeUsage } from './usage.ts';

export interface NodeAgentOptions {
  readonly node: Omit<NodeDescription, 'runtimeVersion'>;
  /** The node's own: every sandbox that it lists belongs to this node. */
  readonly runtime: ContainerRuntime;
  readonly network: NetworkProber;
  /** How the node is, as far as the machine can tell; well when absent. */
  readonly health?: () => NodeHealth;
  /** What of a pod the runtime cannot honour; such pods are refused. */
  readonly unsupported?: (pod: Pod) => readonly FieldError[];
}

/** However well events arrive, everything is looked at again this often (the kubelet's syncFrequency). */
const resyncMs = minuteMs;

/** How long an orphan's containers may take to end. */
const orphanGraceMs = 2 * secondMs;

/**
 * The kubelet of one node: registers it, keeps its lease, and gives every pod that is bound to it a worker.
 * Stopping it leaves the pods running; the next agent over the same runtime adopts them.
 */
export class NodeAgent implements Component {
  readonly name: string;
  readonly #world: World;
  readonly #options: NodeAgentOptions;
  readonly #informers: Informers;
  readonly #pods: Informer<Pod>;
  readonly #view: RuntimeView;
  readonly #recorder: EventRecorder;
  readonly #heartbeat: Heartbeat;
  readonly #meter: UsageMeter;
  readonly #workers = new Map<string, PodWorker>();
  readonly #stopping = new AbortController();
  #means: PodWorkerMeans | undefined;
  #running: Promise<void> | undefined;
  #unsubscribe: readonly (() => void)[] = [];
  #runtimeProblem: string | undefined;

  constructor(world: World, informers: Informers, options: NodeAgentOptions) {
    const { name } = options.node;
    this.name = `node-agent/${name}`;
    this.#world = { ...world, random: world.random.fork(this.name), log: world.log.with({ node: name }) };
    this.#options = options;
    this.#informers = informers;
    this.#pods = new Informer(this.#world, pods, { fieldSelector: `spec.nodeName=${name}` });
    this.#view = new RuntimeView(options.runtime);
    this.#recorder = new EventRecorder(this.#world, 'kubelet', { host: name });
    this.#meter = new UsageMeter({ clock: world.clock, runtime: options.runtime });
    this.#heartbeat = new Heartbeat(this.#world, {
      description: { ...options.node, runtimeVersion: options.runtime.version },
      health: () => this.#health(),
      recorder: this.#recorder,
    });
    // They are only read; asking for them here lets them start with the others.
    informers.for(services);
    informers.for(nodes);
  }

  /** Pods of this node that have not come to their end. */
  get activePods(): readonly Pod[] {
    return [...this.#workers.values()].flatMap((worker) => (worker.isActive ? [worker.pod] : []));
  }

  async start(): Promise<void> {
    const { runtime, network, node } = this.#options;
    const { clock } = this.#world;
    this.#means = {
      world: this.#world,
      runtime,
      network,
      view: this.#view,
      recorder: this.#recorder,
      hostIP: node.address,
      agentStartedAtMs: clock.now(),
      environment: (pod, container, podIP) => this.#environment(pod, container, podIP),
      onGone: (uid) => void this.#workers.delete(uid),
    };
    await this.#heartbeat.start();
    await Promise.all([
      this.#informers.for(services).whenSynced(),
      this.#informers.for(nodes).until(() => this.#node !== undefined),
    ]);
    const found = await this.#view.read();
    this.#unsubscribe = [
      this.#pods.onChange((change) => this.#podChanged(change, found)),
      runtime.onChange((uid) => this.#workers.get(uid)?.poke()),
    ];
    this.#pods.start();
    await this.#pods.whenSynced();
    this.#running = this.#keepInSync();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const worker of this.#workers.values()) worker.close();
    await Promise.all([this.#pods.stop(), this.#heartbeat.stop(), this.#running]);
    await this.#recorder.flushed();
  }

  /** Cumulative usage of the node and its pods, for the metrics pipeline. */
  usage(): Promise<NodeUsage> {
    return this.#meter.read((uid) => this.#workers.get(uid)?.pod);
  }

  get #node(): Node | undefined {
    return this.#informers.for(nodes).lister.get({ name: this.#options.node.name });
  }

  #health(): NodeHealth {
    const health = this.#options.health?.() ?? wellNode;
    if (this.#runtimeProblem === undefined) return health;
    return { ...health, problems: [`container runtime is down: ${this.#runtimeProblem}`, ...health.problems] };
  }

  #podChanged({ old, current }: Change<Pod>, found: ReadonlyMap<string, SandboxStatus>): void {
    const uid = (current ?? old)?.metadata.uid ?? '';
    const known = this.#workers.get(uid);
    if (current === undefined) return known?.removed();
    if (known !== undefined) return known.update(current);
    if (this.#means === undefined) throw new Error('bug: a pod came before the agent started');
    // What runs already was admitted by the agent before this one.
    const worker = new PodWorker(this.#means, current, found.has(uid) ? undefined : this.#refusal(current));
    this.#workers.set(uid, worker);
    worker.poke();
  }

  #refusal(pod: Pod): PodEnd | undefined {
    const { phase } = pod.status;
    const isOver = phase === 'Succeeded' || phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined;
    const node = this.#node;
    if (isOver || node === undefined) return undefined;
    const unsupported = this.#options.unsupported?.(pod) ?? [];
    const refusal = refusalOf(pod, { node, others: this.activePods, unsupported });
    if (refusal === undefined) return undefined;
    this.#recorder.event(pods, pod, 'Warning', refusal.reason, refusal.message);
    return { reason: refusal.reason, message: `Pod was rejected: ${refusal.message}` };
  }

  /** Looks at everything now and then, and ends what belongs to no pod. */
  async #keepInSync(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const sandboxes = await this.#view.read();
        this.#runtimeProblem = undefined;
        for (const uid of sandboxes.keys()) if (!this.#workers.has(uid)) void this.#endOrphan(uid);
      } catch (error) {
        this.#runtimeProblem = error instanceof Error ? error.message : String(error);
        this.#world.log.error('the container runtime cannot be read', { error });
      }
      await sleep(this.#world.clock, resyncMs, signal);
      if (!signal.aborted) for (const worker of this.#workers.values()) worker.poke();
    }
  }

  /** Its object is gone: nobody is left to ask how it should end. Upstream: SyncTerminatingRuntimePod. */
  async #endOrphan(uid: string): Promise<void> {
    const { runtime } = this.#options;
    try {
      const sandbox = (await this.#view.read()).get(uid);
      const running = (sandbox?.containers ?? []).filter(({ state }) => state === 'running');
      await Promise.all(running.map(({ name }) => runtime.stopContainer(uid, name, orphanGraceMs)));
      await runtime.removeSandbox(uid);
    } catch (error) {
      this.#world.log.warn('an orphaned pod could not be ended', { uid, error });
    }
  }

  #environment(pod: Pod, container: Container, podIP: string): Promise<readonly Variable[]> {
    const { client } = this.#world;
    const { namespace = '' } = pod.metadata;
    const hostIP = this.#options.node.address;
    const allocatable: ResourceList = this.#node?.status.allocatable ?? {};
    return environmentOf(
      pod,
      container,
      { podIP, hostIP },
      {
        configMap: (name) => client.get(configMaps, { namespace, name }).catch(undefinedIfNotFound),
        secret: (name) => client.get(secrets, { namespace, name }).catch(undefinedIfNotFound),
        services: this.#informers.for(services).lister.list(),
        allocatable,
      },
    );
  }
}

function undefinedIfNotFound(error: unknown): undefined {
  if (isNotFound(error)) return undefined;
  throw error;
}
