/**
 * bench/pods: what a pod costs before its program does anything: the time from the request to a running process, and the
 * memory of the shim that holds the pod.
 *
 * Through the process runtime as the node agent uses it: a sandbox (shim, address, control group), a container in it,
 * its end; eight pods at once; and all pods found again by a runtime that starts over, as after the death of an engine.
 * The anchors: the same command started by node:child_process, and one start of Node, which every shim is.
 * Memory is the proportional set size (PSS) with all pods running, since shims share their pages; its anchor is an
 * idle Node.
 *
 *   tools/node/run bench/pods.ts [--rounds 9] [--pods 8]
 */
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { podProcesses } from '../src/host/process-runtime/pod-processes.ts';
import { ProcessRuntime } from '../src/host/process-runtime/process-runtime.ts';
import { systemClock } from '../src/host/system-clock.ts';
import { silentLog } from '../src/machinery/log.ts';
import type { ContainerRuntime } from '../src/node/container-runtime.ts';
import { seededRandom } from '../src/std/random.ts';
import { median, printTable } from './print-table.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, pods: { type: 'string', default: '8' } },
});
const rounds = Number(values.rounds);
const podCount = Number(values.pods);
const command = ['sleep', '600'] as const;

const root = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-bench-pods-')));
const folder = join(root, 'pods');
const open = (): Promise<ProcessRuntime> =>
  ProcessRuntime.open({
    folder,
    clock: systemClock,
    random: seededRandom(randomUUID()),
    log: silentLog,
    cpuMillis: 1000,
  });

let runtime = await open();
try {
  await benchTimes();
  await benchMemory();
} finally {
  await runtime.shutdown(0);
  rmSync(root, { recursive: true, force: true });
}

async function benchTimes(): Promise<void> {
  const times: Record<string, number[]> = {};
  const timed = async (name: string, run: () => Promise<unknown>): Promise<void> => {
    const begun = performance.now();
    await run();
    (times[name] ??= []).push(performance.now() - begun);
  };
  for (let round = 0; round <= rounds; round++) {
    // The first round fills caches and is not counted.
    if (round === 1) for (const name of Object.keys(times)) delete times[name];
    await timed('spawn of the command', spawnAndWait);
    await timed('one start of Node', startOfNode);
    const node = runtime.forNode('bench');
    const uid = randomUUID();
    await timed('sandbox', () => sandbox(node, uid));
    await timed('container in it', () => container(node, uid));
    await timed('its end, and the pod gone', () => end(node, uid));
    const several = Array.from({ length: podCount }, () => randomUUID());
    const atOnce = `${podCount} pods at once`;
    await timed(atOnce, () => Promise.all(several.map((one) => pod(node, one))));
    runtime.close();
    await timed(`${podCount} pods found again`, async () => {
      runtime = await open();
      const found = await runtime.forNode('bench').list();
      if (found.length !== podCount) throw new Error(`${found.length} of ${podCount} pods were found`);
    });
    await Promise.all(several.map((one) => end(runtime.forNode('bench'), one)));
  }
  const of = (name: string): number => median(times[name] ?? []);
  printTable(
    `a pod whose container is "${command.join(' ')}", ms, median of ${rounds} rounds`,
    ['', 'ms', 'lowest', 'highest', '÷ spawn', '÷ Node'],
    Object.entries(times).map(([name, found]) => [
      name,
      median(found),
      Math.min(...found),
      Math.max(...found),
      `${(median(found) / of('spawn of the command')).toFixed(1)}×`,
      `${(median(found) / of('one start of Node')).toFixed(2)}×`,
    ]),
  );
}

async function benchMemory(): Promise<void> {
  const node = runtime.forNode('bench');
  const several = Array.from({ length: podCount }, () => randomUUID());
  await Promise.all(several.map((one) => pod(node, one)));
  const idle = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  try {
    // Garbage of the start is collected, and an idle Node is idle.
    await wait(1_000);
    const shims = podProcesses(folder).flatMap(({ shimPid }) => (shimPid === undefined ? [] : [memoryOf(shimPid)]));
    const anchor = memoryOf(idle.pid ?? 0);
    const shim = { pss: median(shims.map(({ pss }) => pss)), own: median(shims.map(({ own }) => own)) };
    printTable(
      `memory of a shim, MiB, median of ${shims.length} that run`,
      ['', 'PSS', 'its own'],
      [
        ['shim', shim.pss, shim.own],
        ['an idle Node', anchor.pss, anchor.own],
        ['ratio', `${(shim.pss / anchor.pss).toFixed(2)}×`, `${(shim.own / anchor.own).toFixed(2)}×`],
      ],
    );
  } finally {
    idle.kill('SIGKILL');
  }
  await Promise.all(several.map((one) => end(node, one)));
}

async function spawnAndWait(): Promise<void> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: 'ignore' });
  await once(child, 'spawn');
  child.kill('SIGKILL');
}

async function startOfNode(): Promise<void> {
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
}

async function pod(node: ContainerRuntime, uid: string): Promise<void> {
  await sandbox(node, uid);
  await container(node, uid);
}

function sandbox(node: ContainerRuntime, podUid: string): Promise<unknown> {
  return node.runSandbox({ podUid, namespace: 'default', name: 'bench', hostNetwork: false, resources: {} });
}

function container(node: ContainerRuntime, podUid: string): Promise<void> {
  const [program, ...args] = command;
  const image = `host/${program}`;
  return node.startContainer(podUid, { name: 'main', attempt: 0, image, command: [], args, env: [], resources: {} });
}

async function end(node: ContainerRuntime, podUid: string): Promise<void> {
  await node.stopContainer(podUid, 'main', 1_000);
  await node.removeSandbox(podUid);
}

/** From /proc/PID/smaps_rollup, in MiB. */
function memoryOf(pid: number): { readonly pss: number; readonly own: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? NaN);
  return { pss: kib('Pss') / 1024, own: (kib('Private_Clean') + kib('Private_Dirty')) / 1024 };
}
