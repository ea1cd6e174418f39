import { ApiError, isAlreadyExists, isConflict, isNotFound } from '../api/error.ts';
import { leases, nodes } from '../api/resources.ts';
import type { Lease } from '../api/schema/coordination-v1.ts';
import type { Node } from '../api/schema/core-v1.ts';
import { microTimestamp } from '../api/timestamps.ts';
import type { EventRecorder } from '../machinery/event-recorder.ts';
import type { World } from '../machinery/world.ts';
import { minuteMs, secondMs, sleep } from '../std/clock.ts';
import { hasChanged, newNode, nodeLabels, nodeStatus, type NodeDescription, type NodeHealth } from './node-object.ts';
import * as reasons from './reasons.ts';

// Defaults of the kubelet's configuration: lease 40 s, renewed after a quarter; status every 5 min or on change.
const leaseDurationSeconds = 40;
const renewMs = (leaseDurationSeconds / 4) * secondMs;
const statusReportMs = 5 * minuteMs;
const registerRetryMaxMs = 7 * secondMs;

const leaseNamespace = 'kube-node-lease';

/** Registers the node and keeps saying that it lives. */
export class Heartbeat {
  readonly #world: World;
  readonly #recorder: EventRecorder;
  readonly #description: NodeDescription;
  readonly #health: () => NodeHealth;
  readonly #stopping = new AbortController();
  #node: Node | undefined;
  #lease: Lease | undefined;
  #reportedAtMs = 0;
  #running: Promise<void> | undefined;

  constructor(
    world: World,
    {
      description,
      health,
      recorder,
    }: { description: NodeDescription; health: () => NodeHealth; recorder: EventRecorder },
  ) {
    this.#world = world;
    this.#recorder = recorder;
    this.#description = description;
    this.#health = health;
  }

  /** Resolves when the node is registered, or when it was stopped. */
  async start(): Promise<void> {
    const { signal } = this.#stopping;
    for (let waitMs = 200; !signal.aborted; waitMs = Math.min(2 * waitMs, registerRetryMaxMs)) {
      if (await this.#attempt(() => this.#register())) break;
      await sleep(this.#world.clock, waitMs, signal);
    }
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#attempt(() => this.#renew());
      await this.#attempt(() => this.#report());
      await sleep(this.#world.clock, renewMs, signal);
    }
  }

  /** A new node is created; one that is known gets its labels and status set right. */
  async #register(): Promise<void> {
    const { client } = this.#world;
    const { name } = this.#description;
    const status = this.#statusAfter(undefined);
    try {
      this.#node = await client.create(nodes, newNode(this.#description, status));
      // Status is not taken on creation.
      await this.#write(this.#node);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const known = await client.get(nodes, { name });
      const labels = { ...known.metadata.labels, ...nodeLabels(this.#description) };
      await client.patch(nodes, { name }, { type: 'merge', body: { metadata: { labels } } });
      await this.#write(await client.get(nodes, { name }));
    }
    this.#recorder.eventAbout({ kind: 'Node', name, uid: name }, 'Normal', reasons.starting, 'Starting kubelet.');
  }

  async #renew(): Promise<void> {
    const { client, clock } = this.#world;
    const { name } = this.#description;
    const spec = { holderIdentity: name, leaseDurationSeconds, renewTime: microTimestamp(clock.now()) };
    try {
      const known = this.#lease ?? (await client.get(leases, { namespace: leaseNamespace, name }));
      this.#lease = await client.update(leases, { ...known, spec: { ...known.spec, ...spec } });
    } catch (error) {
      this.#lease = undefined;
      if (!isNotFound(error)) throw error;
      const uid = this.#node?.metadata.uid;
      const owner = { apiVersion: 'v1', kind: 'Node', name, uid };
      const metadata = { name, namespace: leaseNamespace, ownerReferences: uid === undefined ? [] : [owner] };
      this.#lease = await client.create(leases, { metadata, spec });
    }
  }

  /** Says how the node is when that changed, or was not said for five minutes. */
  async #report(): Promise<void> {
    const { client, clock } = this.#world;
    const { name } = this.#description;
    let known: Node;
    try {
      known = await client.get(nodes, { name });
    } catch (error) {
      // Somebody deleted a node that lives.
      if (isNotFound(error)) return this.#register();
      throw error;
    }
    const next = this.#statusAfter(known);
    if (clock.now() - this.#reportedAtMs >= statusReportMs || hasChanged(known.status, next)) await this.#write(known);
  }

  async #write(known: Node): Promise<void> {
    const { client, clock } = this.#world;
    const status = this.#statusAfter(known);
    const isReady = ({ conditions }: Pick<Node['status'], 'conditions'>): boolean =>
      conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
    this.#node = await client.update(nodes, { ...known, status }, { subresource: 'status' });
    this.#reportedAtMs = clock.now();
    if (isReady(known.status) === isReady(status)) return;
    const { name } = this.#description;
    const reason = isReady(status) ? reasons.nodeReady : reasons.nodeNotReady;
    this.#recorder.eventAbout(
      { kind: 'Node', name, uid: name },
      'Normal',
      reason,
      `Node ${name} status is now: ${reason}`,
    );
  }

  #statusAfter(known: Node | undefined): Node['status'] {
    return nodeStatus(this.#description, {
      old: known?.status,
      health: this.#health(),
      nowMs: this.#world.clock.now(),
    });
  }

  /** False when the server refused or could not be reached; the next round tries again. */
  async #attempt(write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!isConflict(error))
        this.#world.log.warn('the node could not report', { node: this.#description.name, error });
      return false;
    }
  }
}
