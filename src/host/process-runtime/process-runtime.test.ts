import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { silentLog } from '../../machinery/log.ts';
import {
  RuntimeError,
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerState,
  type LogOptions,
} from '../../node/container-runtime.ts';
import { seededRandom } from '../../std/random.ts';
import { systemClock } from '../system-clock.ts';
import { PodAddresses } from './pod-addresses.ts';
import { isRunning, readProcess } from './process-table.ts';
import { ProcessRuntime, type ProcessRuntimeOptions } from './process-runtime.ts';

const options: Omit<ProcessRuntimeOptions, 'folder'> = {
  clock: systemClock,
  random: seededRandom(randomUUID()),
  log: silentLog,
  cpuMillis: 1000,
};

interface Bench {
  readonly folder: string;
  readonly runtime: ProcessRuntime;
  readonly node: ContainerRuntime;
  /** A pod's sandbox with no container yet. */
  readonly pod: (config?: { hostNetwork?: boolean; uid?: string }) => Promise<{ uid: string; ip: string }>;
  /** Lets go of the runtime as a killed engine would, and opens another over the same folder. */
  readonly restart: () => Promise<Bench>;
}

/** A runtime of its own for one test. Whatever happens in it, nothing is left afterwards. */
async function bench(context: TestContext, more: Partial<ProcessRuntimeOptions> = {}): Promise<Bench> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-runtime-')));
  const folder = more.folder === undefined ? join(root, 'pods') : join(root, more.folder);
  const over = async (): Promise<Bench> => {
    const runtime = await ProcessRuntime.open({ ...options, ...more, folder });
    const node = runtime.forNode('node-1');
    current = runtime;
    return {
      folder,
      runtime,
      node,
      async pod({ hostNetwork = false, uid = randomUUID() } = {}) {
        const { ip } = await node.runSandbox({
          podUid: uid,
          namespace: 'default',
          name: 'pod',
          hostNetwork,
          resources: {},
        });
        return { uid, ip };
      },
      async restart() {
        runtime.close();
        return over();
      },
    };
  };
  let current: ProcessRuntime | undefined;
  context.after(async () => {
    await current?.shutdown(0);
    rmSync(root, { recursive: true, force: true });
  });
  return over();
}

const shell = (script: string, config: Partial<ContainerConfig> = {}): ContainerConfig => ({
  name: 'main',
  attempt: 0,
  image: 'host/sh',
  command: [],
  args: ['-c', script],
  env: [],
  resources: {},
  ...config,
});

async function stateOf(node: ContainerRuntime, uid: string, name = 'main'): Promise<ContainerState | undefined> {
  const pods = await node.list();
  return pods.find(({ podUid }) => podUid === uid)?.containers.find((container) => container.name === name);
}

/** Resolves with the container's state once it is so; asks again at every change that the runtime tells. */
async function when(
  node: ContainerRuntime,
  uid: string,
  isSo: (state: ContainerState) => boolean,
  name = 'main',
): Promise<ContainerState> {
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const unsubscribe = node.onChange((podUid) => {
      if (podUid === uid) resolve();
    });
    const state = await stateOf(node, uid, name);
    if (state !== undefined && isSo(state)) {
      unsubscribe();
      return state;
    }
    await promise;
    unsubscribe();
  }
}

const exited = (node: ContainerRuntime, uid: string, name = 'main'): Promise<ContainerState> =>
  when(node, uid, ({ state }) => state === 'exited', name);

async function logsOf(
  node: ContainerRuntime,
  uid: string,
  more: Partial<LogOptions> = {},
  name = 'main',
): Promise<string> {
  const chunks: Uint8Array[] = [];
  const all = { previous: false, follow: false, timestamps: false, ...more };
  for await (const chunk of node.logs(uid, name, all, new AbortController().signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Follows the log until this line is there: how a script tells that it has come so far. */
async function says(node: ContainerRuntime, uid: string, line: string): Promise<void> {
  const stopping = new AbortController();
  let text = '';
  for await (const chunk of node.logs(
    uid,
    'main',
    { previous: false, follow: true, timestamps: false },
    stopping.signal,
  )) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.split('\n').includes(line)) stopping.abort();
  }
  assert.ok(text.split('\n').includes(line), `the container said: ${text}`);
}

const pidIn = (path: string): { pid: number; startTicks: string } =>
  JSON.parse(readFileSync(path, 'utf8')) as { pid: number; startTicks: string };

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function gone(pid: number): Promise<void> {
  while (readProcess(pid)?.isZombie === false) await pause();
}

const reasoned =
  (reason: string, message = /./) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof RuntimeError, String(error));
    assert.equal(error.reason, reason);
    assert.match(error.message, message);
    return true;
  };

const endings: readonly { script: string; exitCode: number; signal?: number; reason: string }[] = [
  { script: 'exit 0', exitCode: 0, reason: 'Completed' },
  { script: 'exit 3', exitCode: 3, reason: 'Error' },
  { script: 'kill -TERM $$', exitCode: 143, signal: 15, reason: 'Error' },
  { script: 'kill -KILL $$', exitCode: 137, signal: 9, reason: 'Error' },
];
for (const { script, exitCode, signal, reason } of endings) {
  test(`a container that does "${script}" has exited with ${exitCode}, ${reason}`, async (context) => {
    const { node, pod } = await bench(context);
    const { uid } = await pod();
    await node.startContainer(uid, shell(script));
    const state = await exited(node, uid);
    assert.deepEqual([state.exitCode, state.signal, state.reason, state.attempt], [exitCode, signal, reason, 0]);
    assert.match(state.containerID, /^slipway-process:\/\/[0-9a-f-]{36}$/);
    assert.ok((state.finishedAt ?? 0) >= state.startedAt);
  });
}

test('the output of a container is there once its exit is told', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  await node.startContainer(uid, shell('echo out; echo err >&2; seq 1 20000; printf end'));
  await exited(node, uid);
  const lines = (await logsOf(node, uid)).split('\n');
  assert.ok(lines.includes('out') && lines.includes('err') && lines.includes('20000'));
  assert.deepEqual(lines.slice(-2), ['end', '']);
  assert.equal(lines.length, 20_004);
  assert.equal(await logsOf(node, uid, { tailLines: 1 }), 'end\n');
});

test('outputs are pipes that a program may open by their names, in containers and in commands', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  for (const attempt of [0, 1, 2]) {
    await node.startContainer(uid, shell('echo out > /dev/stdout && echo err > /dev/stderr', { attempt }));
    const state = await when(node, uid, (now) => now.attempt === attempt && now.state === 'exited');
    assert.equal(state.exitCode, 0);
    assert.deepEqual((await logsOf(node, uid)).split('\n').toSorted(), ['', 'err', 'out']);
  }
  await node.startContainer(uid, shell('exec sleep 1000', { attempt: 3 }));
  for (let i = 0; i < 3; i++) {
    const { exitCode, output } = await node.exec(uid, 'main', ['sh', '-c', `echo ${i} > /dev/stderr`], 10_000);
    assert.deepEqual([exitCode, output], [0, `${i}\n`]);
  }
});

test('what a command leaves in the background neither holds its answer back nor speaks into the next one', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  await node.startContainer(uid, shell('exec sleep 1000'));
  const first = await node.exec(
    uid,
    'main',
    ['sh', '-c', '(while [ ! -e go ]; do sleep 0.01; done; echo late) & echo now'],
    10_000,
  );
  assert.deepEqual([first.exitCode, first.output], [0, 'now\n']);
  const second = await node.exec(uid, 'main', ['sh', '-c', 'touch go; sleep 0.1; echo second'], 10_000);
  assert.deepEqual([second.exitCode, second.output], [0, 'second\n']);
});

test('a container gets nothing of the environment of the engine', async (context) => {
  process.env['SLIPWAY_TEST_TOKEN'] = 'hunter2';
  context.after(() => delete process.env['SLIPWAY_TEST_TOKEN']);
  const { node, pod, folder } = await bench(context);
  const { uid } = await pod();
  const env = [
    { name: 'GREETING', value: 'hello world' },
    { name: 'dotted.name-x', value: 'kept' },
  ];
  await node.startContainer(uid, shell('', { command: ['env'], args: [], env }));
  await exited(node, uid);
  const home = join(folder, uid, 'containers', 'main');
  assert.deepEqual((await logsOf(node, uid)).trim().split('\n').toSorted(), [
    'GREETING=hello world',
    `HOME=${home}/home`,
    'HOSTNAME=pod',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `SLIPWAY_TERMINATION_LOG=${home}/termination-log`,
    `TMPDIR=${home}/tmp`,
    'dotted.name-x=kept',
  ]);
  const { pid } = pidIn(join(folder, uid, 'shim.json'));
  assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /hunter2|GREETING/);
});

test('a container works in its home, which is empty at each start, unless it is told where', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  await node.startContainer(uid, shell('pwd; ls; touch "$TMPDIR/t" here'));
  await exited(node, uid);
  await node.startContainer(uid, shell('ls . "$TMPDIR"; pwd; cat missing', { attempt: 1 }));
  assert.equal((await when(node, uid, ({ state, attempt }) => state === 'exited' && attempt === 1)).exitCode, 1);
  assert.doesNotMatch(await logsOf(node, uid), /here|^t$/m);
  assert.doesNotMatch(await logsOf(node, uid, { previous: true }), /missing/);
  await node.startContainer(uid, shell('pwd', { name: 'other', workingDir: '/usr' }));
  await exited(node, uid, 'other');
  assert.equal(await logsOf(node, uid, {}, 'other'), '/usr\n');
});

test('asking again for what was done changes nothing', async (context) => {
  const { node, pod } = await bench(context);
  const { uid, ip } = await pod();
  assert.equal((await pod({ uid })).ip, ip);
  await Promise.all([
    node.startContainer(uid, shell('exec sleep 60')),
    node.startContainer(uid, shell('exec sleep 60')),
  ]);
  const first = await stateOf(node, uid);
  await node.startContainer(uid, shell('exec sleep 60'));
  assert.deepEqual(await stateOf(node, uid), first);
  await node.stopContainer(uid, 'main', 0);
  await node.startContainer(uid, shell('exec sleep 60'));
  assert.equal((await stateOf(node, uid))?.state, 'exited');
  await node.stopContainer(uid, 'main', 0);
  await node.stopContainer(uid, 'never-was', 0);
  await node.stopContainer(randomUUID(), 'main', 0);
  await node.removeSandbox(uid);
  await node.removeSandbox(uid);
  assert.deepEqual(await node.list(), []);
  assert.deepEqual(await node.usage(uid), {});
});

test('an attempt never runs beside the one before it, nor after a later one', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  await node.startContainer(uid, shell('exec sleep 60', { attempt: 3 }));
  await assert.rejects(
    node.startContainer(uid, shell('exec sleep 60', { attempt: 4 })),
    reasoned('CreateContainerError', /still runs/),
  );
  await assert.rejects(
    node.startContainer(uid, shell('exec sleep 60', { attempt: 2 })),
    reasoned('CreateContainerError', /came before/),
  );
  assert.equal((await stateOf(node, uid))?.attempt, 3);
});

const impossible: readonly { what: string; config: Partial<ContainerConfig>; reason: string }[] = [
  { what: 'an image of a registry', config: { image: 'nginx:1' }, reason: 'ErrImagePull' },
  { what: 'a command that is not there', config: { command: ['/no/such/program'] }, reason: 'RunContainerError' },
  { what: 'a command that is a folder', config: { command: ['/usr'] }, reason: 'RunContainerError' },
  {
    what: 'a working directory that is not there',
    config: { workingDir: '/no/such/folder' },
    reason: 'RunContainerError',
  },
  {
    what: 'a variable that no process can have',
    config: { env: [{ name: 'A=B', value: '' }] },
    reason: 'CreateContainerConfigError',
  },
  { what: 'a name that leads out of the folder', config: { name: '../../x' }, reason: 'CreateContainerError' },
  {
    what: 'an environment beyond all measure',
    config: { env: [{ name: 'A', value: 'x'.repeat(5_000_000) }] },
    reason: 'CreateContainerError',
  },
];
test('a container that cannot be started says why, and can be started once that is mended', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  for (const { what, config, reason } of impossible) {
    await assert.rejects(node.startContainer(uid, shell('exit 0', config)), reasoned(reason), what);
    assert.equal(await stateOf(node, uid), undefined, what);
  }
  await node.startContainer(uid, shell('exit 7'));
  assert.equal((await exited(node, uid)).exitCode, 7);
});

for (const podUid of ['', '..', '../x', 'a/b', 'a.removed', 'x'.repeat(64)]) {
  test(`"${podUid.slice(0, 20)}" is no pod uid`, async (context) => {
    const { node } = await bench(context);
    await assert.rejects(
      node.runSandbox({ podUid, namespace: 'default', name: 'pod', hostNetwork: false, resources: {} }),
      reasoned('CreatePodSandboxError', /no pod uid/),
    );
  });
}

test('a container that ends at SIGTERM ends with its own code, long before the grace is over', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  await node.startContainer(uid, shell('trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.01; done'));
  await says(node, uid, 'ready');
  await node.stopContainer(uid, 'main', 600_000);
  assert.equal((await stateOf(node, uid))?.exitCode, 5);
  assert.match(await logsOf(node, uid), /bye/);
});

test('a container that ignores SIGTERM is killed after the grace, its children with it', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  await node.startContainer(uid, shell('trap "" TERM; sleep 1000 & echo $! > child; echo ready; wait; wait'));
  await says(node, uid, 'ready');
  const { output } = await node.exec(uid, 'main', ['cat', 'child'], 5000);
  await node.stopContainer(uid, 'main', 30);
  const state = await stateOf(node, uid);
  assert.deepEqual([state?.exitCode, state?.signal, state?.reason], [137, 9, 'Error']);
  await gone(Number(output));
});

test('a second stop may only shorten the grace', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  await node.startContainer(uid, shell('trap "" TERM; echo ready; while :; do sleep 0.01; done'));
  await says(node, uid, 'ready');
  const slow = node.stopContainer(uid, 'main', 600_000);
  await node.stopContainer(uid, 'main', 1);
  await slow;
  assert.equal((await stateOf(node, uid))?.exitCode, 137);
});

for (const cgroups of ['auto', 'none'] as const) {
  test(`what a container leaves behind ends with it (control groups: ${cgroups})`, async (context) => {
    const { node, pod } = await bench(context, { cgroups });
    const { uid } = await pod();
    await node.startContainer(uid, shell('sleep 1000 & echo $!; exit 4'));
    assert.equal((await exited(node, uid)).exitCode, 4);
    await gone(Number(await logsOf(node, uid)));
  });

  test(`a killed engine is followed by one that finds the pods running and their exits recorded (control groups: ${cgroups})`, async (context) => {
    const first = await bench(context, { cgroups });
    const { uid, ip } = await first.pod();
    await first.node.startContainer(uid, shell('echo ready; exec sleep 1000', { name: 'main' }));
    const waiting = shell('while [ ! -e go ]; do sleep 0.01; done; exit 9', { name: 'other' });
    await first.node.startContainer(uid, waiting);
    const before = await stateOf(first.node, uid);
    first.runtime.close();
    writeFileSync(join(first.folder, uid, 'containers', 'other', 'home', 'go'), '');
    while (!readFileSync(join(first.folder, uid, 'state.json'), 'utf8').includes('"exitCode":9')) await pause();
    const { node } = await first.restart();
    assert.deepEqual(await stateOf(node, uid), before);
    assert.equal((await stateOf(node, uid, 'other'))?.exitCode, 9);
    assert.equal((await node.list())[0]?.ip, ip);
    assert.ok(isRunning(before?.pid ?? 0, readProcess(before?.pid ?? 0)?.startTicks ?? ''));
    assert.equal(await logsOf(node, uid), 'ready\n');
    assert.equal((await node.exec(uid, 'main', ['sh', '-c', 'echo $HOSTNAME'], 5000)).output, 'pod\n');
    await node.stopContainer(uid, 'main', 600_000);
    assert.equal((await stateOf(node, uid))?.exitCode, 143);
  });

  test(`kill -9 of a shim ends its containers, which are told as unknown, and the pod goes on (control groups: ${cgroups})`, async (context) => {
    const { node, pod, folder } = await bench(context, { cgroups });
    const { uid, ip } = await pod();
    await node.startContainer(uid, shell('sleep 1000 & echo $!; wait'));
    const child = Number(await firstLine(node, uid));
    const { pid = 0 } = (await stateOf(node, uid)) ?? {};
    const shim = pidIn(join(folder, uid, 'shim.json'));
    process.kill(shim.pid, 'SIGKILL');
    const state = await exited(node, uid);
    assert.deepEqual([state.exitCode, state.reason], [137, 'ContainerStatusUnknown']);
    await Promise.all([gone(pid), gone(child), gone(shim.pid)]);
    await node.startContainer(uid, shell('exit 6', { attempt: 1 }));
    assert.equal((await when(node, uid, (now) => now.attempt === 1 && now.state === 'exited')).exitCode, 6);
    assert.equal((await node.list())[0]?.ip, ip);
  });
}

async function firstLine(node: ContainerRuntime, uid: string): Promise<string> {
  for await (const chunk of node.logs(
    uid,
    'main',
    { previous: false, follow: true, timestamps: false },
    new AbortController().signal,
  )) {
    return Buffer.from(chunk).toString('utf8').split('\n')[0] ?? '';
  }
  return '';
}

test('a shim that died while no engine was there is found out by the next one', async (context) => {
  const first = await bench(context);
  const { uid } = await first.pod();
  await first.node.startContainer(uid, shell('exec sleep 1000'));
  await first.node.startContainer(uid, shell('exit 2', { name: 'done' }));
  await exited(first.node, uid, 'done');
  const { pid = 0 } = (await stateOf(first.node, uid)) ?? {};
  first.runtime.close();
  const shim = pidIn(join(first.folder, uid, 'shim.json'));
  process.kill(shim.pid, 'SIGKILL');
  await gone(shim.pid);
  const { node } = await first.restart();
  await gone(pid);
  assert.equal((await stateOf(node, uid))?.reason, 'ContainerStatusUnknown');
  assert.equal((await stateOf(node, uid, 'done'))?.exitCode, 2);
});

test('a shim that is alive and silent is killed, its containers with it, rather than run beside another', async (context) => {
  const first = await bench(context, { shimAnswerMs: 3000 });
  const { uid } = await first.pod();
  await first.node.startContainer(uid, shell('exec sleep 1000'));
  const { pid = 0 } = (await stateOf(first.node, uid)) ?? {};
  first.runtime.close();
  const shim = pidIn(join(first.folder, uid, 'shim.json'));
  process.kill(shim.pid, 'SIGSTOP');
  const { node } = await first.restart();
  assert.equal((await stateOf(node, uid))?.reason, 'ContainerStatusUnknown');
  assert.equal(isRunning(shim.pid, shim.startTicks), false);
  await gone(pid);
  await node.startContainer(uid, shell('exit 8', { attempt: 1 }));
  assert.equal((await when(node, uid, ({ attempt, state }) => attempt === 1 && state === 'exited')).exitCode, 8);
});

test('a stop that waits while the shim is killed ends all the same', async (context) => {
  const { node, pod, folder } = await bench(context);
  const { uid } = await pod();
  await node.startContainer(uid, shell('trap "" TERM; echo ready; while :; do sleep 0.01; done'));
  await says(node, uid, 'ready');
  const stopping = node.stopContainer(uid, 'main', 600_000);
  process.kill(pidIn(join(folder, uid, 'shim.json')).pid, 'SIGKILL');
  await stopping;
  assert.equal((await stateOf(node, uid))?.state, 'exited');
});

test('a folder that was cut short by a crash is removed, and half-removed ones too', async (context) => {
  const first = await bench(context);
  const [torn, away] = [randomUUID(), `${randomUUID()}.removed`];
  for (const name of [torn, away]) mkdirSync(join(first.folder, name, 'logs'), { recursive: true });
  const { node, folder } = await first.restart();
  assert.deepEqual(await node.list(), []);
  for (const name of [torn, away]) assert.equal(statSync(join(folder, name), { throwIfNoEntry: false }), undefined);
});

test('a pod that is removed leaves no process and no file', async (context) => {
  const { node, pod, folder } = await bench(context);
  const { uid } = await pod();
  await node.startContainer(uid, shell('trap "" TERM; sleep 1000'));
  const { pid = 0 } = (await stateOf(node, uid)) ?? {};
  const shim = pidIn(join(folder, uid, 'shim.json'));
  await node.removeSandbox(uid);
  assert.equal(readProcess(pid)?.isZombie ?? true, true);
  assert.equal(isRunning(shim.pid, shim.startTicks), false);
  assert.equal(statSync(join(folder, uid), { throwIfNoEntry: false }), undefined);
});

test('a command in a container has its environment and folder, tells its code, and is killed with its children in time', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  await assert.rejects(node.exec(uid, 'main', ['true'], 1000), reasoned('ContainerNotRunning'));
  await node.startContainer(uid, shell('exec sleep 1000', { env: [{ name: 'A', value: '1' }], workingDir: '/usr' }));
  const plain = await node.exec(uid, 'main', ['sh', '-c', 'echo "$A $PWD"; echo err >&2; exit 3'], 10_000);
  assert.deepEqual(plain, { exitCode: 3, output: plain.output, timedOut: false });
  assert.deepEqual(plain.output.trim().split('\n').toSorted(), ['1 /usr', 'err']);
  const slow = await node.exec(uid, 'main', ['sh', '-c', 'sleep 1000 & echo $!; wait'], 200);
  assert.deepEqual([slow.exitCode, slow.timedOut], [137, true]);
  await gone(Number(slow.output));
  await assert.rejects(
    node.exec(uid, 'main', ['no-such-program'], 1000),
    reasoned('ExecError', /executable file not found in \$PATH/),
  );
  await assert.rejects(node.exec(uid, 'main', [], 1000), reasoned('ExecError'));
  assert.ok((await node.exec(uid, 'main', ['seq', '1', '100000'], 10_000)).output.length <= 64 * 1024);
  assert.equal((await stateOf(node, uid))?.state, 'running');
});

test('each pod has an address of its own, also beside another engine, and pods of the host network have that of the host', async (context) => {
  const one = await bench(context);
  const two = await bench(context);
  const pods = await Promise.all([one.pod(), one.pod(), one.pod(), two.pod(), two.pod()]);
  assert.equal(new Set(pods.map(({ ip }) => ip)).size, pods.length);
  for (const { ip } of pods) assert.match(ip, /^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$/);
  assert.equal((await one.pod({ hostNetwork: true })).ip, '127.0.0.1');
});

test('an address that somebody holds is passed over', async (context) => {
  const seed = seededRandom('addresses of the test');
  const first = await bench(context, { random: seed });
  // The same stream over the same folder gives the same address first.
  const next = new PodAddresses(first.folder, seed.fork('addresses')).allocate();
  const holder = createServer();
  await new Promise<void>((resolve) => void holder.listen(`\0slipway/address/${next}`, resolve));
  context.after(() => holder.close());
  const { ip } = await first.pod();
  assert.notEqual(ip, next);
});

test('a data directory as deep as it likes has a socket all the same', async (context) => {
  const { node, pod } = await bench(context, { folder: `${'deep-'.repeat(20)}/${'er-'.repeat(30)}/pods` });
  const { uid } = await pod();
  await node.startContainer(uid, shell('exit 0'));
  assert.equal((await exited(node, uid)).exitCode, 0);
});

test('nodes of one machine see their own pods only', async (context) => {
  const { runtime, node, pod } = await bench(context);
  const other = runtime.forNode('node-2');
  let told = 0;
  other.onChange(() => told++);
  const { uid } = await pod();
  await node.startContainer(uid, shell('exit 0'));
  await exited(node, uid);
  assert.deepEqual([(await node.list()).length, (await other.list()).length, told], [1, 0, 0]);
});

test('the pods of a node that is no more are removed', async (context) => {
  const { runtime, node, pod } = await bench(context);
  const { uid } = await pod();
  const config = { podUid: randomUUID(), namespace: 'default', name: 'stray', hostNetwork: false, resources: {} };
  await runtime.forNode('node-2').runSandbox(config);
  await runtime.keepNodes(['node-1', 'node-3']);
  assert.deepEqual(await runtime.forNode('node-2').list(), []);
  assert.deepEqual(
    (await node.list()).map(({ podUid }) => podUid),
    [uid],
  );
});

test('running containers tell what they use, and others nothing', async (context) => {
  for (const cgroups of ['auto', 'none'] as const) {
    const { node, pod } = await bench(context, { cgroups });
    const { uid } = await pod();
    await node.startContainer(uid, shell('i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; echo ready; sleep 1000'));
    await node.startContainer(uid, shell('exit 0', { name: 'done' }));
    await says(node, uid, 'ready');
    await exited(node, uid, 'done');
    const usage = await node.usage(uid);
    assert.deepEqual(Object.keys(usage), ['main']);
    const { cpuNanoseconds = 0, memoryBytes = 0 } = usage['main'] ?? {};
    assert.ok(cpuNanoseconds >= 1_000_000 && cpuNanoseconds < 60e9, `${cgroups}: ${cpuNanoseconds} ns`);
    assert.ok(memoryBytes >= 50_000 && memoryBytes < 100e6, `${cgroups}: ${memoryBytes} bytes`);
  }
});

test('the folder and the socket of a pod are for nobody else', async (context) => {
  const { pod, folder } = await bench(context);
  const { uid } = await pod();
  for (const path of [folder, join(folder, uid)]) assert.equal(statSync(path).mode & 0o777, 0o700, path);
  for (const name of ['shim.sock', 'sandbox.json', 'shim.json', 'shim.log'])
    assert.equal(statSync(join(folder, uid, name)).mode & 0o077, 0, name);
});

test('the log of a run that never was is not found', async (context) => {
  const { node, pod } = await bench(context);
  const { uid } = await pod();
  await assert.rejects(logsOf(node, uid), reasoned('ContainerNotFound', /container "main" not found/));
  await node.startContainer(uid, shell('exit 0'));
  await assert.rejects(
    logsOf(node, uid, { previous: true }),
    reasoned('ContainerNotFound', /previous terminated container/),
  );
  assert.throws(
    () =>
      node.logs(
        randomUUID(),
        'main',
        { previous: false, follow: false, timestamps: false },
        new AbortController().signal,
      ),
    reasoned('SandboxNotFound'),
  );
});
