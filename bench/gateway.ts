/**
 * bench/gateway: what our gateway adds to a request and to a token, against HAProxy in front of the same model server.
 *
 * Latency: one connection, one request at a time. Requests a core-second: 32 connections, requests answered for each CPU
 * second of the proxy's own process. Tokens: 50 streams at once, the time from the model server's write of
 * a token to the client's read of it, and tokens passed on for each CPU second of the proxy.
 * The model server (bench/stamping-model.ts) answers at once; the gateway is the program that pods run, and follows an
 * API server that has one Inference. Everybody takes turns in short slices, in an order that rotates, after a warm-up.
 *
 *   tools/node/run bench/gateway.ts [--rounds 9] [--requests 300]
 *
 * Needs haproxy on the PATH (Debian: apt-get install haproxy).
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { builtInKinds } from '../src/api/kinds.ts';
import { customResourceDefinitions, endpointSlices, inferences } from '../src/api/resources.ts';
import { inferenceCustomResourceDefinition } from '../src/api/slipway/v1alpha1/inference-crd.ts';
import { ApiServer } from '../src/apiserver/api-server.ts';
import { memoryJournal } from '../src/apiserver/journal.ts';
import { onPath } from '../src/cli/kubectl.ts';
import { ensureCertificates } from '../src/host/certificate-authority.ts';
import { startHttpsServer } from '../src/host/https-server.ts';
import { writeKubeconfig } from '../src/host/kubeconfig.ts';
import { systemClock } from '../src/host/system-clock.ts';
import { silentLog } from '../src/machinery/log.ts';
import { seededRandom } from '../src/std/random.ts';
import { cpuSeconds } from './cpu-seconds.ts';
import { median, printTable } from './print-table.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, requests: { type: 'string', default: '300' } },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);
const connections = 32;
const streams = 50;
const tokens = 60;
const tokenEveryMs = 10;
/** Until what runs is compiled: Node's compiler goes on improving for thousands of calls. */
const warmUpRequests = 4_000;

const haproxy = onPath('haproxy');
if (haproxy === undefined) {
  console.error('bench/gateway compares with HAProxy, which is not on the PATH\n  → apt-get install haproxy');
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-gateway-'));
const children: ChildProcess[] = [];
const stops: (() => Promise<unknown>)[] = [];
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

interface Target {
  readonly url: string;
  /** Of a proxy. */
  readonly pid?: number | undefined;
}

/** Milliseconds; per CPU second of the proxy. */
interface Slice {
  p50: number[];
  p99: number[];
  perCore: number[];
}

try {
  const modelPort = await startModel();
  const targets: Readonly<Record<string, Target>> = {
    direct: { url: `http://127.0.0.1:${modelPort}` },
    HAProxy: await startHaproxy(haproxy, modelPort),
    gateway: await startGateway(modelPort),
  };
  await bench(targets);
} finally {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }),
  );
  for (const stop of stops.reverse()) await stop();
  rmSync(folder, { recursive: true, force: true });
}

async function bench(targets: Readonly<Record<string, Target>>): Promise<void> {
  const names = Object.keys(targets);
  const answers: Record<string, Slice> = Object.fromEntries(names.map((name) => [name, emptySlice()]));
  const events: Record<string, Slice> = Object.fromEntries(names.map((name) => [name, emptySlice()]));
  for (const target of Object.values(targets)) await drive(target, connections, warmUpRequests);
  for (const target of Object.values(targets)) await readStreams(target);

  for (let round = 0; round < rounds; round++) {
    const order = names.map((_, at) => names[(at + round) % names.length]!);
    for (const name of order) note(answers[name]!, await drive(targets[name]!, 1, requests));
    for (const name of order) {
      const { pid } = targets[name]!;
      if (pid === undefined) continue;
      const before = cpuSeconds(pid);
      await drive(targets[name]!, connections, 2 * requests);
      answers[name]!.perCore.push((2 * requests) / (cpuSeconds(pid) - before));
    }
    for (const name of order) {
      const { pid } = targets[name]!;
      const before = pid === undefined ? 0 : cpuSeconds(pid);
      note(events[name]!, await readStreams(targets[name]!));
      if (pid !== undefined) events[name]!.perCore.push((streams * tokens) / (cpuSeconds(pid) - before));
    }
  }

  show(`chat completions, ms, median of ${rounds} rounds of ${requests}`, 'requests', answers);
  show(
    `tokens of ${streams} streams, one every ${tokenEveryMs} ms each: ms on their way, median of ${rounds} rounds`,
    'tokens',
    events,
  );
  const added = (slices: Record<string, Slice>, name: string): number =>
    median(slices[name]!.p50) - median(slices['direct']!.p50);
  const perCore = (slices: Record<string, Slice>): number =>
    median(slices['gateway']!.perCore) / median(slices['HAProxy']!.perCore);
  console.log(
    `\ngateway to HAProxy: added latency ${(added(answers, 'gateway') / added(answers, 'HAProxy')).toFixed(1)}× (goal ≤ 3), ` +
      `requests a core-second ${perCore(answers).toFixed(2)}× (goal ≥ 0.3), tokens a core-second ${perCore(events).toFixed(2)}×`,
  );
}

function show(title: string, what: string, slices: Record<string, Slice>): void {
  const direct = median(slices['direct']!.p50);
  printTable(
    title,
    ['', 'p50', 'p99', 'added p50', `${what} a core-second`],
    Object.entries(slices).map(([name, { p50, p99, perCore }]) =>
      perCore.length === 0
        ? [name, median(p50), median(p99), '', '']
        : [name, median(p50), median(p99), median(p50) - direct, median(perCore)],
    ),
  );
}

function emptySlice(): Slice {
  return { p50: [], p99: [], perCore: [] };
}

function note(slice: Slice, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  slice.p50.push(sorted[Math.floor(sorted.length * 0.5)] ?? NaN);
  slice.p99.push(sorted[Math.floor(sorted.length * 0.99)] ?? NaN);
}

function post(pool: Pool, stream: boolean): ReturnType<Pool['request']> {
  const body = JSON.stringify({ model: 'stamps', stream, messages: [{ role: 'user', content: 'hello' }] });
  const headers = { 'content-type': 'application/json' };
  return pool.request({ path: '/v1/chat/completions', method: 'POST', headers, body });
}

/** Sends `count` requests over so many connections and returns each one's time in milliseconds. */
async function drive({ url }: Target, over: number, count: number): Promise<number[]> {
  const pool = new Pool(url, { connections: over, pipelining: 1 });
  const times: number[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: over }, async () => {
      while (left-- > 0) {
        const begun = performance.now();
        const { statusCode, body } = await post(pool, false);
        const text = await body.text();
        if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${text.slice(0, 300)}`);
        times.push(performance.now() - begun);
      }
    }),
  );
  await pool.close();
  return times;
}

/** Reads all streams at once and returns how long each token was on its way, in milliseconds. */
async function readStreams({ url }: Target): Promise<number[]> {
  const pool = new Pool(url, { connections: streams, pipelining: 1 });
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: streams }, async () => {
      const { body } = await post(pool, true);
      let seen = 0;
      for await (const chunk of body) {
        const now = process.hrtime.bigint();
        for (const [, stamp = ''] of String(chunk).matchAll(/"content":"(\d+)"/g)) {
          times.push(Number(now - BigInt(stamp)) / 1e6);
          seen++;
        }
      }
      if (seen !== tokens) throw new Error(`${url} gave ${seen} of ${tokens} tokens`);
    }),
  );
  await pool.close();
  return times;
}

async function startModel(): Promise<number> {
  const program = join(import.meta.dirname, 'stamping-model.ts');
  const args = [String(tokens), String(tokenEveryMs)];
  const child = fork(program, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  children.push(child);
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return Number(String(line));
}

async function startHaproxy(program: string, modelPort: number): Promise<Target> {
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 1000
defaults
  mode http
  option http-no-delay
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:${port}
  default_backend model
backend model
  server model 127.0.0.1:${modelPort}
`,
  );
  return started(spawn(program, ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] }), port);
}

/** The gateway's program, behind an API server of the bench with the objects that it reads, and no controllers. */
async function startGateway(modelPort: number): Promise<Target> {
  const api = new ApiServer({
    clock: systemClock,
    random: seededRandom(1),
    journal: memoryJournal(),
    kinds: builtInKinds,
  });
  await api.start();
  const client = api.client();
  await client.create(customResourceDefinitions, inferenceCustomResourceDefinition);
  const metadata = { namespace: 'default', name: 'stamps' };
  // Definitions are served a moment after they are there.
  for (let tries = 0; ; tries++) {
    try {
      await client.create(inferences, { metadata, spec: { model: 'builtin://sim' } });
      break;
    } catch (error) {
      if (tries === 100) throw error;
      await wait(20);
    }
  }
  await client.create(endpointSlices, {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'stamps' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: 'http', port: modelPort, protocol: 'TCP' }],
  });
  const certificates = ensureCertificates(folder, Date.now());
  const { server, authority, admin } = certificates;
  const https = await startHttpsServer({
    handle: (request) => api.handle(request),
    server,
    authority,
    port: 0,
    log: silentLog,
  });
  stops.push(
    () => api.stop(),
    () => https.close(),
  );
  const kubeconfig = join(folder, 'kubeconfig');
  writeKubeconfig(kubeconfig, { server: https.url, authority, client: admin, namespace: 'default' });

  const port = await freePort();
  const program = join(import.meta.dirname, '../src/worlds/gateway.ts');
  const args = ['--kubeconfig', kubeconfig, '--listen', `127.0.0.1:${port}`, '--drain-notice', '0s'];
  return started(spawn(process.execPath, [program, ...args], { stdio: 'ignore' }), port);
}

/** Waits until a proxy answers. */
async function started(child: ChildProcess, port: number): Promise<Target> {
  children.push(child);
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 500; tries++) {
    const response = await fetch(`${url}/health`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok === true) return { url, pid: child.pid };
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    await wait(20);
  }
  throw new Error(`${child.spawnfile} does not answer`);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
