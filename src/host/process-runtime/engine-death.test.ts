import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { silentLog } from '../../machinery/log.ts';
import { seededRandom } from '../../std/random.ts';
import { systemClock } from '../system-clock.ts';
import { isRunning, readProcess } from './process-table.ts';
import { ProcessRuntime } from './process-runtime.ts';

/** An engine as a process of its own: it starts one pod, says its pid, and waits for its end. */
const engine = (folder: string): string => `
  import { ProcessRuntime } from '${import.meta.resolve('./process-runtime.ts')}';
  import { systemClock } from '${import.meta.resolve('../system-clock.ts')}';
  import { silentLog } from '${import.meta.resolve('../../machinery/log.ts')}';
  import { seededRandom } from '${import.meta.resolve('../../std/random.ts')}';
  const runtime = await ProcessRuntime.open({ folder: ${JSON.stringify(folder)}, clock: systemClock, random: seededRandom(1), log: silentLog, cpuMillis: 1000 });
  const node = runtime.forNode('node-1');
  await node.runSandbox({ podUid: 'pod-1', namespace: 'default', name: 'pod', hostNetwork: false, resources: {} });
  const script = 'echo begun; while [ ! -e go ]; do sleep 0.01; done; echo went on; exit 11';
  await node.startContainer('pod-1', { name: 'main', attempt: 0, image: 'host/sh', command: [], args: ['-c', script], env: [], resources: {} });
  console.log((await node.list())[0].containers[0].pid);
  setInterval(() => {}, 1000);
`;

test('a pod outlives kill -9 of the engine that started it: output and exit code are there for the next one', async (context) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-death-')));
  const folder = join(root, 'pods');
  let runtime: ProcessRuntime | undefined;
  const open = (): Promise<ProcessRuntime> =>
    ProcessRuntime.open({ folder, clock: systemClock, random: seededRandom(2), log: silentLog, cpuMillis: 1000 });
  context.after(async () => {
    await (runtime ?? (await open())).shutdown(0);
    rmSync(root, { recursive: true });
  });

  const child = spawn(process.execPath, ['--input-type=module', '-e', engine(folder)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const died = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const pid = Number(line);
  child.kill('SIGKILL');
  await died;

  runtime = await open();
  const node = runtime.forNode('node-1');
  const [pod] = await node.list();
  assert.equal(pod?.containers[0]?.pid, pid);
  assert.ok(isRunning(pid, readProcess(pid)?.startTicks ?? ''));
  const finished = new Promise<void>((resolve) => void node.onChange(() => resolve()));
  await node.exec('pod-1', 'main', ['touch', 'go'], 10_000);
  let text = '';
  const follow = { previous: false, follow: true, timestamps: false };
  for await (const chunk of node.logs('pod-1', 'main', follow, new AbortController().signal))
    text += Buffer.from(chunk).toString('utf8');
  await finished;
  assert.equal(text, 'begun\nwent on\n');
  assert.equal((await node.list())[0]?.containers[0]?.exitCode, 11);
});
