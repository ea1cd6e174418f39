/**
 * bench/gateway: what our gateway adds to a request, against HAProxy in front of the same pod.
 * Added latency: one connection, one request at a time. Requests a core-second: 32 connections, requests
 * answered divided by the CPU seconds that the proxy's own process used (so other work on the machine counts little).
 * Rounds are interleaved: direct, HAProxy, gateway, direct …
 *
 *   tools/node/run bench/gateway.ts [--rounds 5] [--requests 2000]
 *
 * Needs haproxy on the PATH (Debian: apt-get install haproxy).
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { onPath } from '../src/cli/kubectl.ts';
import { TestEngine } from '../test/engine.ts';
import { median, printTable } from './print-table.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, requests: { type: 'string', default: '2000' } },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);

const haproxy = onPath('haproxy');
if (haproxy === undefined) {
  console.error('bench/gateway compares with HAProxy, which is not on the PATH\n  → apt-get install haproxy');
  process.exit(1);
}

await using engine = await TestEngine.start(['-f', join(import.meta.dirname, 'instant.yaml')]);
await engine.until('the simulated model is Ready', async () => engine.output.includes('OpenAI base URL'));

const { items } = await engine.json<{ items: { status: { podIP: string } }[] }>(
  'get',
  'pods',
  '-l',
  'slipway.dev/inference=instant',
);
const pod = `http://${items[0]?.status.podIP}:8000`;
const gatewayPid = await listenerOf(Number(new URL(engine.gateway).port));
const proxy = await startHaproxy(haproxy, pod);

const targets = { direct: pod, haproxy: proxy.url, gateway: engine.gateway };
const pidOf = { direct: undefined, haproxy: proxy.pid, gateway: gatewayPid };
type Target = keyof typeof targets;

const latencies: Record<Target, { p50: number[]; p99: number[] }> = {
  direct: empty(),
  haproxy: empty(),
  gateway: empty(),
};
const perCore: Record<'haproxy' | 'gateway', number[]> = { haproxy: [], gateway: [] };
try {
  for (const target of Object.keys(targets) as Target[]) await drive(target, 8, 500);
  for (let round = 0; round < rounds; round++) {
    for (const target of Object.keys(targets) as Target[]) {
      const times = (await drive(target, 1, requests)).toSorted((a, b) => a - b);
      latencies[target].p50.push(times[Math.floor(times.length * 0.5)] ?? NaN);
      latencies[target].p99.push(times[Math.floor(times.length * 0.99)] ?? NaN);
    }
    for (const target of ['haproxy', 'gateway'] as const) {
      const before = cpuSeconds(pidOf[target]);
      await drive(target, 32, requests * 4);
      perCore[target].push((requests * 4) / (cpuSeconds(pidOf[target]) - before));
    }
  }
} finally {
  proxy.stop();
}

const direct = { p50: median(latencies.direct.p50), p99: median(latencies.direct.p99) };
const rows = (['direct', 'haproxy', 'gateway'] as const).map((target) => {
  const [p50, p99] = [median(latencies[target].p50), median(latencies[target].p99)];
  const core = target === 'direct' ? '' : median(perCore[target]);
  return [target, p50, p99, target === 'direct' ? '' : p50 - direct.p50, core];
});
printTable(
  `chat completions, ms, median of ${rounds} rounds of ${requests}`,
  ['', 'p50', 'p99', 'added p50', 'requests a core-second'],
  rows,
);
const added = (target: 'haproxy' | 'gateway'): number => median(latencies[target].p50) - direct.p50;
console.log(
  `\nratio to HAProxy: added latency ${(added('gateway') / added('haproxy')).toFixed(1)}×, requests a core-second ${(median(perCore.gateway) / median(perCore.haproxy)).toFixed(2)}×`,
);

function empty(): { p50: number[]; p99: number[] } {
  return { p50: [], p99: [] };
}

/** Sends `count` requests over `connections` connections and returns each one's time in milliseconds. */
async function drive(target: Target, connections: number, count: number): Promise<number[]> {
  const pool = new Pool(targets[target], { connections, pipelining: 1 });
  const body = JSON.stringify({ model: 'instant', max_tokens: 1, messages: [{ role: 'user', content: 'hello' }] });
  const times: number[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left-- > 0) {
        const begun = performance.now();
        const answer = await pool.request({
          path: '/v1/chat/completions',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        const text = await answer.body.text();
        if (answer.statusCode !== 200)
          throw new Error(`${target} answered ${answer.statusCode}: ${text.slice(0, 300)}`);
        times.push(performance.now() - begun);
      }
    }),
  );
  await pool.close();
  return times;
}

/** User and system time of a process, from /proc/PID/stat (fields 14 and 15, in ticks of 10 ms). */
function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function listenerOf(port: number): Promise<number> {
  const { pods } = JSON.parse(await run('./slipway', ['status', '--data-dir', engine.dataDir, '-o', 'json'])) as {
    pods: { namespace: string; containers: { pid?: number }[] }[];
  };
  const pid = pods.find(({ namespace }) => namespace === 'slipway-system')?.containers[0]?.pid;
  if (pid === undefined) throw new Error(`no gateway process for port ${port}`);
  return pid;
}

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: join(import.meta.dirname, '..'), stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${program} ended with ${code}`))));
  });
}

async function startHaproxy(program: string, upstream: string): Promise<{ url: string; pid: number; stop(): void }> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-haproxy-'));
  const { host } = new URL(upstream);
  writeFileSync(
    join(folder, 'haproxy.cfg'),
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
  default_backend pod
backend pod
  server pod ${host}
`,
  );
  const child = spawn(program, ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: 'ignore' });
  await wait(300);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    stop() {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
