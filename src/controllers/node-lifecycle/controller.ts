import { isConflict, isNotFound } from '../../api/error.ts';
import { leases, nodes, pods } from '../../api/resources.ts';
import type { Lease } from '../../api/schema/coordination-v1.ts';
import type { Node, Pod } from '../../api/schema/core-v1.ts';
import { ControllerRunner, changesOf, readsFrom, requestsFrom } from '../../machinery/controller-runner.ts';
import { type Component, type Request, type Result, done } from '../../machinery/controller.ts';
import { EventRecorder } from '../../machinery/event-recorder.ts';
import { nodeName as byNode } from '../../machinery/indexes.ts';
import type { Change, Informer } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import type { World } from '../../machinery/world.ts';
import { sleep } from '../../std/clock.ts';
import { applyTaints } from './apply-taints.ts';
import { followConditions } from './follow-conditions.ts';
import { markPodsNotReady } from './mark-pods.ts';
import { type NodeHealth, look, readyOf } from './node-health.ts';
import { hasTaint, noExecuteChange, notReadyTaint, unreachableTaint } from './node-taints.ts';
import { nodeNotReady, registeredNode, removingNode } from './reasons.ts';
import { type NodeLifecycleSettings, defaultSettings } from './settings.ts';
import { TaintQueue } from './taint-queue.ts';
import { type ZoneState, stateOfZone, taintRate, zoneOf } from './zone-state.ts';

const leaseNamespace = 'kube-node-lease';
const excludedLabel = 'node.kubernetes.io/exclude-disruption';
/** Upstream NodeHealthUpdateRetry. */
const triesMax = 5;

export function nodeLifecycleController(
  world: World,
  informers: Informers,
  settings: Partial<NodeLifecycleSettings> = {},
): Component {
  return new NodeLifecycle(world, informers, { ...defaultSettings, ...settings });
}

interface Zone {
  state: ZoneState;
  readonly queue: TaintQueue;
}

class NodeLifecycle implements Component {
  readonly name = 'node-lifecycle-controller';
  readonly #world: World;
  readonly #settings: NodeLifecycleSettings;
  readonly #nodes: Informer<Node>;
  readonly #leases: Informer<Lease>;
  readonly #pods: Informer<Pod>;
  readonly #recorder: EventRecorder;
  readonly #runners: readonly ControllerRunner[];
  readonly #stopping = new AbortController();
  readonly #known = new Map<string, Node>();
  readonly #health = new Map<string, NodeHealth>();
  /** Nodes whose pods could not all be marked. */
  readonly #unmarked = new Set<string>();
  readonly #zones = new Map<string, Zone>();
  #monitoring: Promise<void> | undefined;

  constructor(world: World, informers: Informers, settings: NodeLifecycleSettings) {
    this.#world = world;
    this.#settings = settings;
    this.#nodes = informers.for(nodes);
    this.#leases = informers.for(leases);
    this.#pods = informers.for(pods);
    this.#recorder = new EventRecorder(world, 'node-controller');
    this.#runners = [
      new ControllerRunner(world, {
        name: `${this.name}/nodes`,
        reconciler: followConditions(world, this.#nodes.lister),
        sources: [changesOf(this.#nodes), readsFrom(this.#leases)],
      }),
      new ControllerRunner(world, {
        name: `${this.name}/pods`,
        reconciler: { reconcile: (request) => this.#markLatePod(request) },
        sources: [requestsFrom(this.#pods, newlyBound)],
      }),
    ];
  }

  async start(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.start()));
    this.#monitoring = this.#monitor();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#monitoring;
    await Promise.all([...this.#zones.values()].map(({ queue }) => queue.stop()));
    await Promise.all(this.#runners.map((runner) => runner.stop()));
  }

  async #monitor(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#pass().catch((error: unknown) => this.#world.log.error('looking after the nodes failed', { error }));
      await sleep(this.#world.clock, this.#settings.monitorPeriodMs, signal);
    }
  }

  /** Upstream: monitorNodeHealth. */
  async #pass(): Promise<void> {
    const all = this.#nodes.lister.list();
    await this.#register(all);
    const zones = new Map<string, { ready: number; notReady: number }>();
    for (const node of all) {
      const status = await this.#check(node);
      if (status === undefined || node.metadata.labels?.[excludedLabel] !== undefined) continue;
      const zone = zones.get(zoneOf(node)) ?? { ready: 0, notReady: 0 };
      zones.set(zoneOf(node), zone);
      if (status === 'True') zone.ready++;
      else zone.notReady++;
    }
    await this.#handleDisruption(zones, all);
  }

  async #register(all: readonly Node[]): Promise<void> {
    for (const node of all) {
      this.#zone(node);
      const { name, uid } = node.metadata;
      const known = this.#known.get(name);
      this.#known.set(name, node);
      if (known?.metadata.uid === uid) continue;
      this.#tellNode(node, registeredNode, `Registered Node ${name} in Controller`);
      await this.#markReachable(node);
    }
    const present = new Set(all.map(({ metadata }) => metadata.name));
    for (const [name, node] of this.#known) {
      if (present.has(name)) continue;
      this.#tellNode(node, removingNode, `Removing Node ${name} from Controller`);
      this.#known.delete(name);
      this.#health.delete(name);
      this.#unmarked.delete(name);
      for (const { queue } of this.#zones.values()) queue.remove(name);
    }
  }

  /** The status of the node's Ready condition after the look, '' when it has none; undefined when it could not be looked at. */
  async #check(node: Node): Promise<string | undefined> {
    const { name } = node.metadata;
    let current = node;
    for (let tries = 1; ; tries++) {
      const lease = this.#leases.lister.get({ namespace: leaseNamespace, name });
      const nowMs = this.#world.clock.now();
      const options = { saved: this.#health.get(name), lease, nowMs, settings: this.#settings };
      const { health, before, conditions } = look(current, options);
      this.#health.set(name, health);
      try {
        if (conditions !== undefined) {
          const next = { ...current, status: { ...current.status, conditions } };
          current = await this.#world.client.update(nodes, next, { subresource: 'status' });
          this.#health.set(name, { ...health, ready: readyOf(current) });
        }
        await this.#onReady(current, before.status);
        return readyOf(current)?.status ?? '';
      } catch (error) {
        if (isNotFound(error) || !isConflict(error) || tries >= triesMax) {
          if (!isNotFound(error)) this.#world.log.warn('a node could not be looked after', { node: name, error });
          return undefined;
        }
        const live = await this.#world.client.get(nodes, { name }).catch(() => undefined);
        if (live === undefined) return undefined;
        current = live;
      }
    }
  }

  /** What the Ready condition means for the node's taints and pods. */
  async #onReady(node: Node, before: string): Promise<void> {
    const status = readyOf(node)?.status;
    if (status === undefined) return;
    const { name } = node.metadata;
    await this.#taintFor(node, status);
    const isNews = status !== 'True' && before === 'True';
    if (isNews)
      this.#recorder.event(nodes, node, 'Normal', nodeNotReady, `Node ${name} status is now: ${nodeNotReady}`);
    if (!isNews && !(this.#unmarked.has(name) && before !== 'True')) return void this.#unmarked.delete(name);
    this.#unmarked.add(name);
    await markPodsNotReady(this.#world, this.#recorder, this.#pods.lister.by(byNode, name));
    this.#unmarked.delete(name);
  }

  /** Upstream: processTaintBaseEviction. A node that has the other taint changes it at once, without its turn. */
  async #taintFor(node: Node, status: string): Promise<void> {
    if (status === 'True') return this.#markReachable(node);
    const [taint, other] = status === 'False' ? [notReadyTaint, unreachableTaint] : [unreachableTaint, notReadyTaint];
    if (hasTaint(node, other)) return applyTaints(this.#world, node, noExecuteChange(status));
    const { queue } = this.#zone(node);
    const { name } = node.metadata;
    if (!hasTaint(node, taint) && !queue.isWaiting(name)) queue.remove(name);
    queue.add(name);
  }

  async #markReachable(node: Node): Promise<void> {
    await applyTaints(this.#world, node, noExecuteChange('True'));
    this.#zone(node).queue.remove(node.metadata.name);
  }

  /** A node's turn in its zone's queue. */
  async #taintInTurn(name: string): Promise<boolean> {
    const node = this.#nodes.lister.get({ name });
    const status = node && readyOf(node)?.status;
    if (node === undefined || status === 'True') return true;
    if (status === undefined) return false;
    try {
      await applyTaints(this.#world, node, noExecuteChange(status));
      return true;
    } catch (error) {
      this.#world.log.warn('a node could not be tainted', { node: name, error });
      return false;
    }
  }

  /** Upstream: handleDisruption. When nobody at all is ready the fault is most likely this side's. */
  async #handleDisruption(
    counts: ReadonlyMap<string, { readonly ready: number; readonly notReady: number }>,
    all: readonly Node[],
  ): Promise<void> {
    for (const [zone, { queue }] of this.#zones)
      if (!counts.has(zone)) {
        await queue.stop();
        this.#zones.delete(zone);
      }
    const wereAllDown = [...this.#zones.values()].every(({ state }) => state === 'FullDisruption');
    const next = new Map([...counts].map(([zone, count]) => [zone, stateOfZone(count, this.#settings)]));
    const areAllDown = [...next.values()].every((state) => state === 'FullDisruption');
    if (areAllDown && wereAllDown) return;
    if (areAllDown) {
      this.#world.log.warn('no node is ready: nobody is evicted');
      for (const node of all) await this.#markReachable(node);
      for (const zone of this.#zones.values()) {
        zone.queue.setRate(0);
        zone.state = 'FullDisruption';
      }
      return;
    }
    if (wereAllDown) {
      this.#world.log.info('some nodes are ready again');
      const aliveMs = this.#world.clock.now();
      for (const [name, health] of this.#health) this.#health.set(name, { ...health, aliveMs });
    }
    for (const [key, zone] of this.#zones) {
      const state = next.get(key) ?? 'Normal';
      if (state === zone.state) continue;
      const { ready, notReady } = counts.get(key)!;
      zone.queue.setRate(taintRate(state, ready + notReady, this.#settings));
      zone.state = state;
    }
  }

  #zone(node: Node): Zone {
    const key = zoneOf(node);
    const known = this.#zones.get(key);
    if (known !== undefined) return known;
    const attempt = (name: string): Promise<boolean> => this.#taintInTurn(name);
    const zone: Zone = {
      state: 'Initial',
      queue: new TaintQueue(this.#world.clock, { perSecond: this.#settings.evictionRate, attempt }),
    };
    this.#zones.set(key, zone);
    return zone;
  }

  /** A pod that was bound to a node just as that went silent. Upstream: processPod. */
  async #markLatePod(request: Request): Promise<Result> {
    const pod = this.#pods.lister.get(request);
    const ready = this.#health.get(pod?.spec.nodeName ?? '')?.ready;
    if (pod === undefined || ready === undefined || ready.status === 'True') return done;
    await markPodsNotReady(this.#world, this.#recorder, [pod]);
    return done;
  }

  #tellNode(node: Node, reason: string, what: string): void {
    this.#recorder.event(nodes, node, 'Normal', reason, `Node ${node.metadata.name} event: ${what}`);
  }
}

function* newlyBound({ old, current }: Change<Pod>): Iterable<Request> {
  const { namespace = '', name = '' } = current?.metadata ?? {};
  const node = current?.spec.nodeName ?? '';
  if (node !== '' && old?.spec.nodeName !== node) yield { namespace, name };
}
