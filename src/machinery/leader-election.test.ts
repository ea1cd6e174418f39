import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases } from '../api/resources.ts';
import type { Lease } from '../api/schema/coordination-v1.ts';
import { microTimestamp } from '../api/timestamps.ts';
import { secondMs } from '../std/clock.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { FaultyClient } from './faulty-client.ts';
import { LeaderElector } from './leader-election.ts';

const key = { namespace: 'kube-system', name: 'manager' };

class Candidate {
  readonly faulty: FaultyClient;
  readonly elector: LeaderElector;
  readonly told: string[];
  isLeading = false;

  constructor({ world, clock }: Sandbox, identity: string, told: string[]) {
    const random = world.random.fork(identity);
    this.told = told;
    this.faulty = new FaultyClient(world.client, { clock, random, faults: {}, onDeath: () => {} });
    this.elector = new LeaderElector(
      { ...world, random, client: this.faulty.client() },
      { ...key, identity },
      {
        onStartedLeading: () => {
          this.isLeading = true;
          told.push(`${identity} leads`);
        },
        onStoppedLeading: async () => {
          this.isLeading = false;
          told.push(`${identity} stopped`);
        },
      },
    );
  }
}

const leaseOf = ({ world }: Sandbox): Promise<Lease> => world.client.get(leases, key);

test('the first candidate leads with the fields that Kubernetes writes, the second waits', async () => {
  await using sandbox = await Sandbox.open();
  const told: string[] = [];
  const startMs = sandbox.clock.now();
  const [a, b] = [new Candidate(sandbox, 'a', told), new Candidate(sandbox, 'b', told)];
  await a.elector.start();
  await sandbox.clock.settle();
  await b.elector.start();
  await sandbox.clock.advance(60 * secondMs);
  assert.deepEqual(told, ['a leads']);
  assert.equal(b.elector.leader, 'a');
  const { spec } = await leaseOf(sandbox);
  assert.deepEqual(
    { ...spec, renewTime: undefined },
    {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: microTimestamp(startMs),
      leaseTransitions: 0,
      renewTime: undefined,
    },
  );
  const renewedMs = Date.parse(spec.renewTime ?? '');
  assert.ok(sandbox.clock.now() - renewedMs <= 2 * secondMs);
  await a.elector.stop();
  await b.elector.stop();
});

test('when the leader dies another leads fifteen seconds after its last renewal, and counts the change', async () => {
  await using sandbox = await Sandbox.open();
  const told: string[] = [];
  const [a, b] = [new Candidate(sandbox, 'a', told), new Candidate(sandbox, 'b', told)];
  await a.elector.start();
  await sandbox.clock.settle();
  await b.elector.start();
  await sandbox.clock.advance(20 * secondMs);
  a.faulty.die();
  await sandbox.clock.advance(12 * secondMs);
  assert.equal(b.isLeading, false);
  await sandbox.clock.advance(10 * secondMs);
  assert.equal(b.isLeading, true);
  assert.equal((await leaseOf(sandbox)).spec.leaseTransitions, 1);
  assert.deepEqual(told, ['a leads', 'a stopped', 'b leads'], 'whose requests hang gives up before another leads');
  await b.elector.stop();
});

test('a leader that stops gives the lease up, and another takes it within its next try', async () => {
  await using sandbox = await Sandbox.open();
  const told: string[] = [];
  const [a, b] = [new Candidate(sandbox, 'a', told), new Candidate(sandbox, 'b', told)];
  await a.elector.start();
  await sandbox.clock.settle();
  await b.elector.start();
  await sandbox.clock.advance(20 * secondMs);
  const stopped = a.elector.stop();
  await sandbox.clock.settle();
  await stopped;
  const { spec } = await leaseOf(sandbox);
  assert.deepEqual([spec.holderIdentity ?? '', spec.leaseDurationSeconds], ['', 1]);
  await sandbox.clock.advance(5 * secondMs);
  assert.deepEqual(told, ['a leads', 'a stopped', 'b leads']);
  await b.elector.stop();
});

test('the times in a lease mean nothing: only when it was seen to change counts', async () => {
  await using sandbox = await Sandbox.open();
  const spec = {
    holderIdentity: 'stranger',
    leaseDurationSeconds: 15,
    acquireTime: microTimestamp(0),
    renewTime: microTimestamp(0),
    leaseTransitions: 7,
  };
  await sandbox.world.client.create(leases, { metadata: key, spec });
  const a = new Candidate(sandbox, 'a', []);
  await a.elector.start();
  await sandbox.clock.advance(14 * secondMs);
  assert.equal(a.isLeading, false);
  await sandbox.clock.advance(8 * secondMs);
  assert.equal(a.isLeading, true);
  assert.equal((await leaseOf(sandbox)).spec.leaseTransitions, 8);
  await a.elector.stop();
});

test('durations that could not work are defects', async () => {
  await using sandbox = await Sandbox.open();
  const nobody = { onStartedLeading() {}, onStoppedLeading: () => Promise.resolve() };
  const election = { ...key, identity: 'a' };
  assert.throws(
    () => new LeaderElector(sandbox.world, { ...election, leaseDurationMs: 10_000 }, nobody),
    /renewDeadline/,
  );
  assert.throws(() => new LeaderElector(sandbox.world, { ...election, retryPeriodMs: 9_000 }, nobody), /retryPeriod/);
});
