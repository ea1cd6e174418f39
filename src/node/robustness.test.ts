import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPodReady } from '../api/core/v1/pod-readiness.ts';
import { nodes, pods } from '../api/resources.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import { timestamp } from '../api/timestamps.ts';
import { keyOf } from '../machinery/lister.ts';
import { secondMs } from '../std/clock.ts';
import { plainImage } from '../twin/image-behaviour.ts';
import { SimulatedNetwork } from '../twin/simulated-network.ts';
import { SimulatedRuntime } from '../twin/simulated-runtime.ts';
import { type FaultsOfLife, FragileComponents } from '../worlds/fragile-components.ts';
import { perturbations, seeds } from '../worlds/perturbations.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { NodeAgent } from './agent.ts';
import type { ContainerRuntime } from './container-runtime.ts';

const describe = {
  name: 'n1',
  address: '192.168.0.1',
  capacity: { cpu: '64', memory: '64Gi', pods: '100' },
  kubeletVersion: 'v1.36.3',
  system: {
    machineID: '',
    systemUUID: '',
    bootID: '',
    kernelVersion: '',
    osImage: '',
    operatingSystem: 'linux',
    architecture: 'amd64',
  },
};

const neverEnds = new Promise<never>(() => {});

/** The runtime as one life of the agent has it: the dead start and stop nothing any more. */
function inLifeOf(isAlive: () => boolean, runtime: SimulatedRuntime, onStart: (uid: string) => void): ContainerRuntime {
  const whileAlive =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const result = isAlive() ? await call(...args) : await neverEnds;
      return isAlive() ? result : neverEnds;
    };
  return {
    version: runtime.version,
    runSandbox: whileAlive((config) => runtime.runSandbox(config)),
    startContainer: whileAlive((uid, config) => {
      onStart(uid);
      return runtime.startContainer(uid, config);
    }),
    stopContainer: whileAlive((...args) => runtime.stopContainer(...args)),
    removeSandbox: whileAlive((uid) => runtime.removeSandbox(uid)),
    list: whileAlive(() => runtime.list()),
    onChange: (listener) => runtime.onChange(listener),
    exec: whileAlive((...args) => runtime.exec(...args)),
    usage: whileAlive((uid) => runtime.usage(uid)),
    updateResources: whileAlive(() => runtime.updateResources()),
    logs: () => runtime.logs(),
  };
}

/**
 * Pods come, are killed and are deleted for two minutes while the node's agent is in trouble, then there is peace.
 * What must hold: no container is started while it runs or without a reason, nobody who is well is reported otherwise,
 * and in the end exactly what should be there is there.
 */
async function live(seed: number, faultsOf: FaultsOfLife): Promise<void> {
  await using sandbox = await Sandbox.open({ seed });
  const { world, clock } = sandbox;
  const { client } = world;
  const random = world.random.fork('life');
  const network = new SimulatedNetwork();
  const runtime = new SimulatedRuntime({
    clock,
    network,
    images: () => ({ ...plainImage, startMs: 300, drainMs: 400 }),
    subnet: '10.244.1',
    nodeIP: describe.address,
  });
  const broken: string[] = [];
  const kills = new Map<string, number>();
  const starts = new Map<string, number>();
  const onStart = (uid: string): void => {
    starts.set(uid, (starts.get(uid) ?? 0) + 1);
    const most = 1 + (kills.get(uid) ?? 0);
    if ((starts.get(uid) ?? 0) > most) broken.push(`${at()} started without a reason: ${uid}`);
  };
  let life = 0;
  new FragileComponents(
    sandbox,
    (own, informers) => {
      const mine = ++life;
      const isAlive = (): boolean => mine === life;
      const mortal = inLifeOf(isAlive, runtime, onStart);
      return [new NodeAgent(own, informers, { node: describe, runtime: mortal, network })];
    },
    faultsOf,
  );
  const wasReady = new Set<string>();
  const disturbed = new Set<string>();
  client.watch(pods, {
    resourceVersion: (await client.list(pods)).metadata.resourceVersion,
    onEnd: () => {},
    onEvent: (event) => {
      if (event.type === 'BOOKMARK' || event.type === 'DELETED') return;
      const { uid } = event.object.metadata;
      if (isPodReady(event.object)) wasReady.add(uid);
      else if (!disturbed.has(uid) && wasReady.has(uid)) broken.push(`${at()} well, and reported unready: ${uid}`);
    },
  });
  const at = (): string => timestamp(clock.now()).slice(14, 19);
  const present = async (): Promise<readonly Pod[]> => (await client.list(pods)).items;
  for (let step = 0; step < 60; step++) {
    const what = random.next();
    const all = (await present()).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const one = all[Math.floor(random.next() * all.length)];
    if (what < 0.5 || one === undefined) {
      const readinessProbe = { httpGet: { path: '/', port: 80 }, periodSeconds: 1 };
      await client.create(pods, {
        metadata: { name: `p${step}`, namespace: 'default' },
        spec: {
          nodeName: 'n1',
          terminationGracePeriodSeconds: 2,
          containers: [
            { name: 'c', image: 'i', readinessProbe, livenessProbe: { ...readinessProbe, failureThreshold: 9 } },
          ],
        },
      });
    } else if (what < 0.75) {
      const { uid } = one.metadata;
      disturbed.add(uid);
      const running = (await runtime.list()).some(
        ({ podUid, containers }) => podUid === uid && containers[0]?.state === 'running',
      );
      if (running) kills.set(uid, (kills.get(uid) ?? 0) + 1);
      runtime.kill(uid, 'c');
    } else {
      disturbed.add(one.metadata.uid);
      const options = random.next() < 0.3 ? { gracePeriodSeconds: 0 } : {};
      await client.delete(pods, one.metadata, options);
    }
    await clock.advance(random.next() * 4 * secondMs);
  }
  // A crash loop may have five minutes to wait.
  await clock.advance(700 * secondMs);
  assert.deepEqual(broken, [], `seed ${seed}`);
  const left = await present();
  assert.deepEqual(
    left.filter((pod) => !isPodReady(pod) || pod.metadata.deletionTimestamp !== undefined).map(keyOf),
    [],
    `everything that is left runs (seed ${seed})`,
  );
  const uids = left.map(({ metadata }) => metadata.uid).toSorted();
  const sandboxes = (await runtime.list()).map(({ podUid }) => podUid).toSorted();
  assert.deepEqual(sandboxes, uids, `nothing else does (seed ${seed})`);
  for (const { metadata, status } of left) {
    const [container] = status.containerStatuses ?? [];
    assert.equal(container?.restartCount, kills.get(metadata.uid) ?? 0, `every restart is counted (seed ${seed})`);
  }
  const node = await client.get(nodes, { name: 'n1' });
  assert.equal(node.status.conditions?.at(-1)?.status, 'True');
}

for (const { name, faultsOf } of perturbations)
  test(`under ${name} pods are run and ended as without`, async () => {
    for (const seed of seeds) await live(seed, faultsOf(seed));
  });

test('without faults pods are run and ended', () => live(1, () => ({})));
