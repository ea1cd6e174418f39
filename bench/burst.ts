/**
 * bench/burst: a Deployment of many pods at once: the CPU time from its creation until all of them are bound and
 * Ready, with the whole control plane, the scheduler and the node agents at work in the twin world, where
 * containers and time cost nothing.
 *
 * The anchor does by hand, and with nobody listening, what cannot be spared for a pod: it is created, bound, and its
 * status is written, through the same API server. The rest is everybody's work on it: controllers, informers, events, agents.
 * A cost a pod that grows with their number would be a scan somewhere, so two sizes are printed.
 *
 *   tools/node/run bench/burst.ts [--rounds 3] [--pods 1000]
 */
import { parseArgs } from 'node:util';
import { builtInKinds } from '../src/api/kinds.ts';
import { deployments, pods } from '../src/api/resources.ts';
import type { Pod } from '../src/api/schema/core-v1.ts';
import { ApiServer } from '../src/apiserver/api-server.ts';
import { memoryJournal } from '../src/apiserver/journal.ts';
import { systemClock } from '../src/host/system-clock.ts';
import { seededRandom } from '../src/std/random.ts';
import { plainImage } from '../src/twin/image-behaviour.ts';
import { Twin } from '../src/worlds/twin.ts';
import { median, printTable } from './print-table.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, pods: { type: 'string', default: '1000' } },
});
const rounds = Number(values.rounds);
const podCount = Number(values.pods);
const podsPerNode = 100;
const labels = { app: 'web' };
const spec = { containers: [{ name: 'web', image: 'web', resources: { requests: { cpu: '10m' } } }] };

interface Burst {
  readonly cpuMs: number;
  readonly writes: number;
}

const sizes = [Math.ceil(podCount / 4), podCount];
const bursts: Record<string, Burst[]> = {};
for (let round = 0; round <= rounds; round++) {
  for (const size of sizes) {
    const found = {
      [`everybody, ${size} pods`]: await everybody(size),
      [`writes alone, ${size} pods`]: await alone(size),
    };
    // The first round is Node's compiler's.
    if (round > 0) for (const [name, burst] of Object.entries(found)) (bursts[name] ??= []).push(burst);
  }
}
printTable(
  `a Deployment until all of its pods are Ready, CPU, median of ${rounds} rounds`,
  ['', 'ms a pod', 'writes a pod', 'µs a write', 'ratio to the writes alone'],
  Object.entries(bursts).map(([name, found]) => {
    const size = Number(/\d+/.exec(name)?.[0]);
    const cpuMs = median(found.map((burst) => burst.cpuMs));
    const writes = median(found.map((burst) => burst.writes));
    const anchor = median((bursts[`writes alone, ${size} pods`] ?? []).map((burst) => burst.cpuMs));
    const ratio = cpuMs === anchor ? '' : `${(cpuMs / anchor).toFixed(1)}×`;
    return [name, cpuMs / size, writes / size, (1000 * cpuMs) / writes, ratio];
  }),
);

async function everybody(size: number): Promise<Burst> {
  const capacity = { cpu: '64', memory: '256Gi', pods: '110' };
  const nodes = Array.from({ length: Math.ceil(size / podsPerNode) }, (_, at) => ({ name: `node-${at}`, capacity }));
  await using twin = await Twin.open({ nodes });
  twin.setImage('web', plainImage);
  const { client } = twin.world;
  return await cpuOf(client, async () => {
    await client.create(deployments, {
      metadata: { namespace: 'default', name: 'web' },
      spec: { replicas: size, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    });
    for (let second = 0; ; second++) {
      await twin.advance(1_000);
      const { items } = await client.list(pods, { namespace: 'default' });
      if (items.length === size && items.every(isReady)) return;
      if (second === 600) throw new Error('not all pods were Ready within ten virtual minutes');
    }
  });
}

async function alone(size: number): Promise<Burst> {
  const server = new ApiServer({
    clock: systemClock,
    random: seededRandom(1),
    journal: memoryJournal(),
    kinds: builtInKinds,
  });
  await server.start();
  const client = server.client();
  const burst = await cpuOf(client, async () => {
    await Promise.all(
      Array.from({ length: size }, async (_, at) => {
        const key = { namespace: 'default', name: `web-${at}` };
        await client.create(pods, { metadata: { ...key, labels }, spec });
        const binding = { metadata: key, target: { kind: 'Node', name: `node-${at % podsPerNode}` } };
        await client.post(pods, key, 'binding', binding);
        const pod = await client.get(pods, key);
        await client.update(pods, { ...pod, status: { ...pod.status, phase: 'Running' } }, { subresource: 'status' });
      }),
    );
  });
  await server.stop();
  return burst;
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

async function cpuOf(client: Twin['world']['client'], work: () => Promise<void>): Promise<Burst> {
  const revision = async (): Promise<number> =>
    Number((await client.list(pods, { limit: 1 })).metadata.resourceVersion);
  const first = await revision();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, writes: (await revision()) - first };
}
