/**
 * bench/twin: how many seconds pass in the twin world for one second of CPU.
 *
 * Three nodes under the whole control plane, node agents and all; first a Deployment of three pods whose probes are
 * asked every few seconds, then an Inference of three replicas that nobody asks, then the same with 20 requests a
 * second. Each is brought up first, which is not measured, and then runs for the given time.
 * Anchors: real time, in which one second passes a second however idle the CPU is, and a bare virtual clock that runs
 * as many events at as many instants: what the clock alone would reach, so the rest is the control plane's.
 * CPU time is measured, not the wall's, so that neighbours on the machine disturb less. Scenarios take turns in every
 * round; medians are printed.
 *
 *   tools/node/run bench/twin.ts [--rounds 3] [--minutes 30]
 */
import { parseArgs } from 'node:util';
import { deployments, inferences } from '../src/api/resources.ts';
import { minuteMs } from '../src/std/clock.ts';
import { VirtualClock } from '../src/std/virtual-clock.ts';
import { plainImage } from '../src/twin/image-behaviour.ts';
import { Twin } from '../src/worlds/twin.ts';
import { median, printTable } from './print-table.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, minutes: { type: 'string', default: '30' } },
});
const rounds = Number(values.rounds);
const spanMs = Number(values.minutes) * minuteMs;

const scenarios: Readonly<Record<string, (twin: Twin) => Promise<unknown>>> = {
  'a Deployment with probes': async (twin) => {
    twin.setImage('web', plainImage);
    const httpGet = { path: '/health', port: 8000 };
    const container = {
      name: 'web',
      image: 'web',
      readinessProbe: { httpGet, periodSeconds: 2 },
      livenessProbe: { httpGet, periodSeconds: 10 },
    };
    const labels = { app: 'web' };
    const template = { metadata: { labels }, spec: { containers: [container] } };
    await twin.world.client.create(deployments, {
      metadata: { namespace: 'default', name: 'web' },
      spec: { replicas: 3, selector: { matchLabels: labels }, template },
    });
  },
  'an Inference at rest': createInference,
  'an Inference, 20 requests a second': async (twin) => {
    await createInference(twin);
    await twin.advance(minuteMs);
    twin.traffic.set('chat', 20, { promptTokens: 100, outputTokens: 100, isStreamed: true });
  },
};

async function createInference({ world }: Twin): Promise<void> {
  await world.client.create(inferences, {
    metadata: { namespace: 'default', name: 'chat' },
    spec: { model: 'sim://chat', replicas: { min: 3, max: 3 }, target: { concurrency: 64 } },
  });
}

interface Run {
  readonly twinCpuMs: number;
  readonly bareCpuMs: number;
  readonly events: number;
  /** Requests that were answered. */
  readonly answered: number;
}

const runs: Record<string, Run[]> = {};
for (let round = 0; round < rounds; round++)
  for (const [name, prepare] of Object.entries(scenarios)) (runs[name] ??= []).push(await run(prepare));

const spanS = spanMs / 1000;
printTable(
  `virtual seconds a CPU second over ${values.minutes} minutes, 3 nodes, median of ${rounds}`,
  ['', 'events/s', 'answers/s', 'twin', 'bare clock', 'twin / real time', 'twin / bare clock'],
  Object.entries(runs).map(([name, found]) => {
    const twin = median(found.map(({ twinCpuMs }) => spanMs / twinCpuMs));
    const bare = median(found.map(({ bareCpuMs }) => spanMs / bareCpuMs));
    const events = median(found.map((one) => one.events)) / spanS;
    const answered = median(found.map((one) => one.answered)) / spanS;
    return [name, events, answered, twin, bare, `${twin.toFixed(0)}×`, `${(twin / bare).toFixed(3)}×`];
  }),
);

async function run(prepare: (twin: Twin) => Promise<unknown>): Promise<Run> {
  const capacity = { cpu: '8', memory: '32Gi', pods: '110' };
  await using twin = await Twin.open({ nodes: ['n1', 'n2', 'n3'].map((name) => ({ name, capacity })) });
  await prepare(twin);
  await twin.advance(minuteMs);
  twin.traffic.takeReport('chat');
  const before = twin.clock.counts;
  const twinCpuMs = await cpuMs(() => twin.advance(spanMs));
  const events = twin.clock.counts.events - before.events;
  const instants = Math.max(1, twin.clock.counts.drains - before.drains);
  const bareCpuMs = await cpuMs(() => runBareClock(events, instants));
  return { twinCpuMs, bareCpuMs, events, answered: twin.traffic.takeReport('chat').completed };
}

/** Each event plans the next one of its row, so that the heap is as full as the rows are many. */
async function runBareClock(events: number, instants: number): Promise<void> {
  const clock = new VirtualClock({ drain: () => new Promise((resolve) => void setImmediate(resolve)) });
  const rows = Math.max(1, Math.ceil(events / instants));
  let left = events;
  const plan = (): void => {
    if (left-- > 0) clock.after(spanMs / instants, plan);
  };
  for (let row = 0; row < rows; row++) plan();
  await clock.advance(2 * spanMs);
}

async function cpuMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
