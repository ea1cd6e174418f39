/**
 * bench/start: how long from the command to an answering API, to Ready models and to the first token.
 * Cold: an empty data directory. Warm: the same one again, everything applied before.
 * The anchor is what no start can beat: the time in which this machine's Node starts and ends.
 * A second table tells where the time goes, as a watch of the API saw it.
 *
 *   tools/node/run bench/start.ts [--rounds 3]
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { serverSentEvents } from '../src/cli/chat.ts';
import { readEngineRecord, type EngineRecord } from '../src/host/engine-record.ts';
import { median, printTable } from './print-table.ts';
import { StartTimeline, startSteps, type StartStep } from './start-timeline.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
const rounds = Number(values.rounds);

interface Start {
  readonly node: number;
  readonly api: number;
  readonly firstToken: number;
  readonly stop: number;
  readonly steps: Readonly<Record<StartStep, number>>;
}

const cold: Start[] = [];
const warm: Start[] = [];
for (let round = 0; round < rounds; round++) {
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-bench-start-'));
  try {
    cold.push(await measure(dataDir, ['-f', 'examples/chat.yaml', '-f', 'examples/embed.yaml']));
    warm.push(await measure(dataDir, []));
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const column = (starts: readonly Start[], key: Exclude<keyof Start, 'steps'>): number =>
  median(starts.map((start) => start[key])) / 1000;
printTable(
  `start, seconds, median of ${rounds} (anchor: one start of Node)`,
  ['', 'node', 'API answers', 'first token', 'stop', 'API / node'],
  [
    [
      'cold',
      ...(['node', 'api', 'firstToken', 'stop'] as const).map((key) => column(cold, key)),
      column(cold, 'api') / column(cold, 'node'),
    ],
    [
      'warm',
      ...(['node', 'api', 'firstToken', 'stop'] as const).map((key) => column(warm, key)),
      column(warm, 'api') / column(warm, 'node'),
    ],
  ],
);
const step = (starts: readonly Start[], name: StartStep): number =>
  median(starts.map(({ steps }) => steps[name])) / 1000;
printTable(
  'the chat model, seconds since the command',
  ['', 'API answers', ...startSteps.slice(0, 4), 'first token', 'gateway Ready'],
  [cold, warm].map((starts, at) => [
    at === 0 ? 'cold' : 'warm',
    column(starts, 'api'),
    ...startSteps.slice(0, 4).map((name) => step(starts, name)),
    column(starts, 'firstToken'),
    step(starts, 'gateway Ready'),
  ]),
);
console.log(
  `\ngoal: warm API ≤ 1 s (${verdict(column(warm, 'api') <= 1)}), warm first token ≤ 5 s (${verdict(column(warm, 'firstToken') <= 5)})`,
);

function verdict(met: boolean): string {
  return met ? 'met' : 'not met here';
}

async function measure(dataDir: string, files: readonly string[]): Promise<Start> {
  const nodeBegun = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  const node = performance.now() - nodeBegun;

  const begun = performance.now();
  const engine = spawn(join(root, 'slipway'), ['up', '--data-dir', dataDir, '--port', '0', ...files], {
    cwd: root,
    stdio: 'ignore',
  });
  const exited = new Promise<void>((resolve) => engine.on('close', () => resolve()));
  try {
    const record = await recordOf(dataDir, engine.pid);
    const api = performance.now() - begun;
    const timeline = new StartTimeline(join(dataDir, 'kubeconfig'), 'chat');
    await firstToken(record);
    const token = performance.now() - begun;
    await timeline.whole();
    await timeline.stop();
    const steps = Object.fromEntries(
      startSteps.map((name) => [name, timeline.seen.get(name)! - begun]),
    ) as Start['steps'];
    const stopBegun = performance.now();
    engine.kill('SIGINT');
    await exited;
    return { node, api, firstToken: token, stop: performance.now() - stopBegun, steps };
  } finally {
    // Also when it did not get that far: no pod is left behind.
    engine.kill('SIGINT');
    await exited;
  }
}

/** The record is written when the API answers. */
async function recordOf(dataDir: string, pid: number | undefined): Promise<EngineRecord> {
  for (let tries = 0; tries < 6000; tries++) {
    const record = readEngineRecord(join(dataDir, 'engine.json'));
    if (record?.pid === pid && record !== undefined) return record;
    await wait(5);
  }
  throw new Error('the engine did not start within 30 s');
}

async function firstToken({ gateway }: EngineRecord): Promise<void> {
  let last = '';
  for (let tries = 0; tries < 600; tries++) {
    const response = await fetch(`${gateway}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'chat',
        stream: true,
        max_tokens: 8,
        messages: [{ role: 'user', content: 'what is a pod ?' }],
      }),
    }).catch((error: Error) => void (last = String(error.cause)));
    if (response?.ok === true && response.body !== null) {
      for await (const event of serverSentEvents(response.body)) {
        if (event.includes('"content"')) return void response.body.cancel().catch(() => {});
      }
    } else if (response !== undefined) last = `${response.status} ${await response.text()}`;
    await wait(20);
  }
  throw new Error(`no token within the time; the last answer was ${last}`);
}
