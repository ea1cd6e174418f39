import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secondMs } from '../std/clock.ts';
import { perturbations, seeds } from '../worlds/perturbations.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { FaultyClient } from './faulty-client.ts';
import { LeaderElector } from './leader-election.ts';

for (const { name, faultsOf } of perturbations)
  test(`under ${name} at no moment two lead, however often leaders die`, async () => {
    for (const seed of seeds) {
      await using sandbox = await Sandbox.open({ seed });
      const { world, clock } = sandbox;
      const random = world.random.fork('test');
      const leading = new Set<string>();
      const dead = new Set<string>();
      const alive: FaultyClient[] = [];
      let most = 0;
      let terms = 0;
      const stand = async (identity: string): Promise<void> => {
        const own = world.random.fork(identity);
        const faults = faultsOf(seed)(alive.length + 1);
        // A process that dies leads no more.
        const onDeath = (): void => void (dead.add(identity), leading.delete(identity));
        const faulty = new FaultyClient(world.client, { clock, random: own, faults, onDeath });
        alive.push(faulty);
        const elector = new LeaderElector(
          { ...world, random: own, client: faulty.client() },
          { namespace: 'kube-system', name: 'manager', identity },
          {
            onStartedLeading() {
              if (dead.has(identity)) return;
              terms++;
              leading.add(identity);
              most = Math.max(most, leading.size);
            },
            onStoppedLeading: async () => void leading.delete(identity),
          },
        );
        await elector.start();
      };
      for (let candidate = 0; candidate < 4; candidate++) await stand(`candidate-${candidate}`);
      for (let step = 0; step < 120; step++) {
        await clock.advance(random.next() * 2 * secondMs);
        if (step % 30 === 20) alive[Math.floor(step / 30)]!.die();
        if (step % 30 === 25) await stand(`later-${step}`);
      }
      assert.ok(most <= 1, `${most} at once (seed ${seed})`);
      assert.ok(terms >= 2, `only ${terms} terms (seed ${seed})`);
    }
  });
