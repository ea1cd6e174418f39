import { builtInKinds } from '../api/kinds.ts';
import {
  customResourceDefinitions,
  deployments,
  endpointSlices,
  events,
  horizontalPodAutoscalers,
  inferences,
  leases,
  namespaces,
  nodes,
  podDisruptionBudgets,
  pods,
  replicaSets,
  services,
} from '../api/resources.ts';
import type { ResourceList } from '../api/schema/core-v1.ts';
import { inferenceCustomResourceDefinition } from '../api/slipway/v1alpha1/inference-crd.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import { memoryJournal } from '../apiserver/journal.ts';
import type { UsageBatch } from '../autoscaling/metrics/usage-store.ts';
import type { Component } from '../machinery/controller.ts';
import { Informers } from '../machinery/informers.ts';
import { type Log, silentLog } from '../machinery/log.ts';
import type { World } from '../machinery/world.ts';
import { NodeAgent } from '../node/agent.ts';
import { seededRandom } from '../std/random.ts';
import { VirtualClock } from '../std/virtual-clock.ts';
import { EventLog } from '../twin/event-log.ts';
import { builtInImages, type ImageBehaviour } from '../twin/image-behaviour.ts';
import type { SimulatedModelServer } from '../twin/model-server.ts';
import { SimulatedGateway } from '../twin/simulated-gateway.ts';
import { SimulatedNetwork } from '../twin/simulated-network.ts';
import { SimulatedRuntime } from '../twin/simulated-runtime.ts';
import { Traffic } from '../twin/traffic.ts';
import { twinMetrics } from '../twin/twin-metrics.ts';
import { controlPlane } from './control-plane.ts';

export interface TwinNodeOptions {
  readonly name: string;
  readonly capacity: ResourceList;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface TwinOptions {
  readonly seed?: number | string;
  readonly startMs?: number;
  readonly nodes: readonly TwinNodeOptions[];
  readonly log?: Log;
}

interface TwinNode {
  readonly options: TwinNodeOptions;
  readonly address: string;
  readonly runtime: SimulatedRuntime;
  agent: NodeAgent | undefined;
}

const followed = [
  namespaces,
  nodes,
  leases,
  inferences,
  deployments,
  replicaSets,
  pods,
  services,
  endpointSlices,
  horizontalPodAutoscalers,
  podDisruptionBudgets,
  events,
];

/**
 * The twin world: the same control plane and node agents as everywhere, on a virtual clock, over simulated
 * machines, model servers and clients. Time moves only through `advance`.
 */
export class Twin implements AsyncDisposable {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly events: EventLog;
  readonly traffic: Traffic;
  readonly #server: ApiServer;
  readonly #informers: Informers;
  readonly #network = new SimulatedNetwork();
  readonly #images = new Map<string, ImageBehaviour>();
  readonly #nodes = new Map<string, TwinNode>();
  readonly #bySubnet = new Map<string, SimulatedRuntime>();
  readonly #components: readonly Component[];

  private constructor({ seed = 1, startMs = Date.parse('2026-01-01T00:00:00Z'), log = silentLog }: TwinOptions) {
    this.clock = new VirtualClock({ startMs, drain: () => new Promise((resolve) => void setImmediate(resolve)) });
    const { clock } = this;
    const random = seededRandom(seed);
    this.#server = new ApiServer({
      clock,
      random,
      journal: memoryJournal(),
      kinds: builtInKinds,
      serviceRange: '10.96.0.0/16',
      log,
    });
    this.world = { clock, random, client: this.#server.client(), log };
    this.events = new EventLog(clock);
    this.#informers = new Informers(this.world);
    const serverAt = (address: string): SimulatedModelServer | undefined => this.#serverAt(address);
    const gateway = new SimulatedGateway(this.world, this.#informers, { serverAt, servers: () => this.#servers() });
    this.traffic = new Traffic({ clock, random, gateway });
    const metrics = twinMetrics(this.world, this.#informers, {
      gateway,
      serverAt,
      usage: { collect: () => this.#usage() },
    });
    this.#components = [
      ...controlPlane(this.world, this.#informers, {
        rootCertificate: '',
        resources: () => this.#server.registry.resources.all().map(({ resource }) => resource),
        metrics: metrics.source,
        gatewayUrl: 'http://gateway.twin',
      }),
      gateway,
      ...metrics.components,
      this.traffic,
    ];
  }

  static async open(options: TwinOptions): Promise<Twin> {
    const twin = new Twin(options);
    await twin.#start(options.nodes);
    return twin;
  }

  /** Says how containers of an image behave; before, the image is unknown unless it is built in. */
  setImage(image: string, behaviour: ImageBehaviour): void {
    this.#images.set(image, behaviour);
  }

  advance(durationMs: number): Promise<void> {
    return this.clock.advance(durationMs);
  }

  async addNode(options: TwinNodeOptions): Promise<void> {
    const index = this.#nodes.size + 1;
    const address = `192.168.0.${index}`;
    const subnet = `10.244.${index}`;
    const runtime = new SimulatedRuntime({
      clock: this.clock,
      network: this.#network,
      images: (image, args) => this.#images.get(image) ?? builtInImages(image, args),
      subnet,
      nodeIP: address,
    });
    const node: TwinNode = { options, address, runtime, agent: undefined };
    this.#nodes.set(options.name, node);
    this.#bySubnet.set(subnet, runtime);
    await this.#startAgent(node);
  }

  /** The node vanishes from the network with all that is on it; what runs there runs on unseen. */
  async cutNode(name: string): Promise<void> {
    const node = this.#node(name);
    node.runtime.cut();
    await node.agent?.stop();
    node.agent = undefined;
  }

  /** The node's machine stops; nothing of its pods is left. */
  async loseNode(name: string): Promise<void> {
    await this.cutNode(name);
    this.#node(name).runtime.lose();
  }

  /** The node is back, with what is left on it. */
  async recoverNode(name: string): Promise<void> {
    const node = this.#node(name);
    node.runtime.mend();
    if (node.agent === undefined) await this.#startAgent(node);
  }

  /** As an out-of-memory kill or a segmentation fault would. */
  killContainer(podUid: string, container: string): void {
    for (const { runtime } of this.#nodes.values()) runtime.kill(podUid, container);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.events.stop();
    const agents = [...this.#nodes.values()].flatMap(({ agent }) => agent ?? []);
    await Promise.all([...agents, ...this.#components].map((component) => component.stop()));
    await this.#informers.stop();
    await this.#server.stop();
  }

  async #start(nodeOptions: readonly TwinNodeOptions[]): Promise<void> {
    await this.#server.start();
    const { client } = this.world;
    await client.create(customResourceDefinitions, inferenceCustomResourceDefinition);
    await this.events.follow(client, followed);
    const informing = this.#informers.start();
    await Promise.all([informing, ...this.#components.map((component) => component.start())]);
    for (const options of nodeOptions) await this.addNode(options);
    await this.clock.settle();
  }

  async #startAgent(node: TwinNode): Promise<void> {
    const { name, capacity, labels } = node.options;
    const agent = new NodeAgent(this.world, this.#informers, {
      node: {
        name,
        address: node.address,
        capacity,
        ...(labels === undefined ? {} : { labels }),
        kubeletVersion: 'v1.36.3',
        system: {
          machineID: name,
          systemUUID: name,
          bootID: name,
          kernelVersion: '6.12',
          osImage: 'Twin',
          operatingSystem: 'linux',
          architecture: 'amd64',
        },
      },
      runtime: node.runtime,
      network: this.#network,
    });
    node.agent = agent;
    await agent.start();
  }

  #node(name: string): TwinNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`the twin has no node "${name}"`);
    return node;
  }

  #serverAt(address: string): SimulatedModelServer | undefined {
    if (!this.#network.isReachable(address)) return undefined;
    return this.#bySubnet.get(address.slice(0, address.lastIndexOf('.')))?.serverAt(address);
  }

  *#servers(): Iterable<SimulatedModelServer> {
    for (const { runtime } of this.#nodes.values()) yield* runtime.servers();
  }

  async #usage(): Promise<UsageBatch> {
    const batch = { nodes: new Map(), pods: new Map() } satisfies UsageBatch;
    for (const { options, agent } of this.#nodes.values()) {
      if (agent === undefined) continue;
      const usage = await agent.usage();
      batch.nodes.set(options.name, usage.node);
      for (const [pod, containers] of usage.pods) batch.pods.set(pod, containers);
    }
    return batch;
  }
}
