import { isNotFound } from '../api/error.ts';
import { leases } from '../api/resources.ts';
import type { Lease } from '../api/schema/coordination-v1.ts';
import { microTimestamp } from '../api/timestamps.ts';
import { jittered } from '../std/backoff.ts';
import { type Clock, secondMs, sleep } from '../std/clock.ts';
import type { Random } from '../std/random.ts';
import type { Client } from './client.ts';
import type { Component } from './controller.ts';
import type { Log } from './log.ts';
import type { World } from './world.ts';

// client-go tools/leaderelection; kube-controller-manager's --leader-elect-lease-duration and its sisters.
const retryJitter = 1.2;

export interface Election {
  readonly namespace: string;
  /** The Lease's name. */
  readonly name: string;
  /** Who stands: unique, as `host_uuid`. */
  readonly identity: string;
  /** How long the others wait after they last saw a renewal. 15 s. */
  readonly leaseDurationMs?: number;
  /** How long the leader tries to renew before it gives up. 10 s. */
  readonly renewDeadlineMs?: number;
  /** 2 s. */
  readonly retryPeriodMs?: number;
}

export interface Candidate {
  /** The lease is held; everything that needs it runs until `onStoppedLeading`. */
  onStartedLeading(): void;
  /** Called once for each `onStartedLeading`. The lease is released, if it still can be, after what it returns settles. */
  onStoppedLeading(): Promise<void>;
}

/**
 * Holds a Lease, or waits for it. Time is this candidate's own: what counts is when it saw the record change,
 * never the timestamps in it. After the lease is lost it stands again.
 */
export class LeaderElector implements Component {
  readonly name: string;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #election: Required<Election>;
  readonly #candidate: Candidate;
  readonly #stopping = new AbortController();
  #lease: Lease | undefined;
  #observed = '';
  #observedMs = 0;
  #running: Promise<void> | undefined;

  constructor({ client, clock, random, log }: World, election: Election, candidate: Candidate) {
    this.name = `leader-election/${election.name}`;
    this.#client = client;
    this.#clock = clock;
    this.#random = random.fork(`${this.name}/${election.identity}`);
    this.#log = log.with({ component: this.name });
    this.#election = {
      leaseDurationMs: 15 * secondMs,
      renewDeadlineMs: 10 * secondMs,
      retryPeriodMs: 2 * secondMs,
      ...election,
    };
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = this.#election;
    if (leaseDurationMs <= renewDeadlineMs) throw new Error('bug: leaseDuration must be greater than renewDeadline');
    if (renewDeadlineMs <= retryPeriodMs * retryJitter)
      throw new Error('bug: renewDeadline must be greater than retryPeriod*JitterFactor');
    this.#candidate = candidate;
  }

  /** Who holds the lease as far as this candidate has seen; '' when nobody does. */
  get leader(): string {
    return this.#lease?.spec.holderIdentity ?? '';
  }

  get isLeader(): boolean {
    return this.leader === this.#election.identity;
  }

  start(): Promise<void> {
    this.#running ??= this.#run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      while (!(await this.#tryAcquireOrRenew())) {
        await sleep(this.#clock, jittered(this.#election.retryPeriodMs, retryJitter, this.#random), signal);
        if (signal.aborted) return;
      }
      this.#log.info('became leader');
      this.#candidate.onStartedLeading();
      await this.#renew();
      this.#log.info('stopped leading');
      await this.#candidate.onStoppedLeading();
      await this.#release();
    }
  }

  /** Resolves when the lease could not be renewed in time, or at the stop. */
  async #renew(): Promise<void> {
    const { retryPeriodMs, renewDeadlineMs } = this.#election;
    const { signal } = this.#stopping;
    let deadlineMs = this.#clock.now() + renewDeadlineMs;
    for (;;) {
      await sleep(this.#clock, retryPeriodMs, signal);
      if (signal.aborted) return;
      // A request that hangs must not keep us leading.
      const expiry = new AbortController();
      const isRenewed = await Promise.race([
        this.#tryAcquireOrRenew(),
        sleep(this.#clock, deadlineMs - this.#clock.now(), expiry.signal).then(() => false),
      ]);
      expiry.abort();
      if (isRenewed) deadlineMs = this.#clock.now() + renewDeadlineMs;
      else if (this.#clock.now() >= deadlineMs) {
        this.#log.warn('the lease was not renewed in time');
        return;
      }
    }
  }

  async #tryAcquireOrRenew(): Promise<boolean> {
    try {
      if (this.isLeader && this.#isValid()) {
        const isRenewed = await this.#write(this.#lease!).catch(() => false);
        if (isRenewed) return true;
      }
      const lease = await this.#read();
      if (lease === undefined) return await this.#create();
      if ((lease.spec.holderIdentity ?? '') !== '' && !this.isLeader && this.#isValid()) return false;
      return await this.#write(lease);
    } catch (error) {
      this.#log.warn('the lease could not be had', { error });
      return false;
    }
  }

  async #read(): Promise<Lease | undefined> {
    try {
      const lease = await this.#client.get(leases, this.#election);
      this.#observe(lease);
      return lease;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #create(): Promise<boolean> {
    const { namespace, name } = this.#election;
    const now = microTimestamp(this.#clock.now());
    this.#observe(
      await this.#client.create(leases, {
        metadata: { namespace, name },
        spec: { ...this.#held(), acquireTime: now, renewTime: now, leaseTransitions: 0 },
      }),
    );
    return true;
  }

  async #write(lease: Lease): Promise<boolean> {
    const now = microTimestamp(this.#clock.now());
    const isMine = lease.spec.holderIdentity === this.#election.identity;
    const transitions = lease.spec.leaseTransitions ?? 0;
    this.#observe(
      await this.#client.update(leases, {
        ...lease,
        spec: {
          ...lease.spec,
          ...this.#held(),
          acquireTime: isMine ? lease.spec.acquireTime : now,
          renewTime: now,
          leaseTransitions: isMine ? transitions : transitions + 1,
        },
      }),
    );
    return true;
  }

  #held(): Pick<Lease['spec'], 'holderIdentity' | 'leaseDurationSeconds'> {
    const { identity, leaseDurationMs } = this.#election;
    return { holderIdentity: identity, leaseDurationSeconds: Math.floor(leaseDurationMs / 1000) };
  }

  /** Gives the lease up so that another may take it at once. */
  async #release(): Promise<void> {
    try {
      const lease = await this.#read();
      if (lease === undefined || lease.spec.holderIdentity !== this.#election.identity) return;
      const now = microTimestamp(this.#clock.now());
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
      this.#observe(await this.#client.update(leases, { ...lease, spec }));
    } catch (error) {
      this.#log.warn('the lease could not be released', { error });
    }
  }

  #observe(lease: Lease): void {
    this.#lease = lease;
    const record = JSON.stringify(lease.spec);
    if (record === this.#observed) return;
    this.#observed = record;
    this.#observedMs = this.#clock.now();
  }

  #isValid(): boolean {
    const durationMs = (this.#lease?.spec.leaseDurationSeconds ?? 0) * 1000;
    return this.#observedMs + durationMs > this.#clock.now();
  }
}
