import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { silentLog } from '../../machinery/log.ts';
import {
  RuntimeError,
  type ContainerConfig,
  type ContainerResources,
  type ContainerRuntime,
  type ContainerState,
} from '../../node/container-runtime.ts';
import { seededRandom } from '../../std/random.ts';
import { systemClock } from '../system-clock.ts';
import { openCgroups } from './cgroups.ts';
import { ProcessRuntime } from './process-runtime.ts';
import { readJsonFile } from './atomic-file.ts';
import { parseShimState, type ContainerRecord } from './container-record.ts';

const probe = openCgroups({ parent: `slipway-probe-${randomUUID().slice(0, 8)}`, cpuMillis: 1000, podPidsMax: 10 });
const skip =
  typeof probe === 'string'
    ? `this machine's control groups cannot be written: ${probe}`
    : !probe.limitsMemory
      ? 'no memory controller'
      : false;
if (typeof probe !== 'string') probe.removeParent();

const mebibyte = 1024 * 1024;

interface Pod {
  readonly node: ContainerRuntime;
  readonly uid: string;
  readonly start: (script: string, resources: ContainerResources, config?: Partial<ContainerConfig>) => Promise<void>;
  readonly exited: () => Promise<ContainerState>;
  /** What the shim has written down of the container. */
  readonly record: () => ContainerRecord;
}

async function pod(context: TestContext, resources: ContainerResources, podPidsMax = 1000): Promise<Pod> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-limits-')));
  const folder = join(root, 'pods');
  const runtime = await ProcessRuntime.open({
    folder,
    clock: systemClock,
    random: seededRandom(root),
    log: silentLog,
    cpuMillis: 1000,
    podPidsMax,
  });
  assert.notEqual(runtime.capabilities.cgroups, 'none');
  context.after(async () => {
    await runtime.shutdown(0);
    rmSync(root, { recursive: true });
  });
  const node = runtime.forNode('node-1');
  const uid = randomUUID();
  await node.runSandbox({ podUid: uid, namespace: 'default', name: 'pod', hostNetwork: false, resources });
  return {
    node,
    uid,
    start: (script, limits, config) =>
      node.startContainer(uid, {
        name: 'main',
        attempt: 0,
        image: 'host/sh',
        command: [process.execPath],
        args: ['-e', script],
        env: [],
        resources: limits,
        ...config,
      }),
    async exited() {
      for (;;) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const unsubscribe = node.onChange(() => resolve());
        const state = (await node.list())[0]?.containers[0];
        if (state?.state === 'exited') {
          unsubscribe();
          return state;
        }
        await promise;
        unsubscribe();
      }
    },
    record() {
      const record = parseShimState(readJsonFile(join(folder, uid, 'state.json')))?.containers[0];
      assert.ok(record !== undefined);
      return record;
    },
  };
}

const hog = 'const all = []; for (;;) all.push(Buffer.alloc(4 << 20, 1))';

test('a container that wants more memory than its limit is killed and told as OOMKilled', { skip }, async (context) => {
  const { start, exited, record } = await pod(context, {});
  await start(hog, { memoryLimitBytes: 64 * mebibyte });
  const state = await exited();
  assert.deepEqual([state.exitCode, state.signal, state.reason], [137, 9, 'OOMKilled']);
  for (const folder of record().cgroup?.folders ?? []) assert.equal(existsSync(folder), false, `${folder} is left`);
});

test('a shell whose child the kernel took is told as OOMKilled too', { skip }, async (context) => {
  const { start, exited } = await pod(context, {});
  const args = ['-c', '"$0" -e "$1"; exit $?', process.execPath, hog];
  await start('', { memoryLimitBytes: 64 * mebibyte }, { command: ['/bin/sh'], args });
  const state = await exited();
  assert.deepEqual([state.exitCode, state.reason], [137, 'OOMKilled']);
});

test('a container that is killed by anybody else is not told as OOMKilled', { skip }, async (context) => {
  const { start, exited } = await pod(context, {});
  await start('process.kill(process.pid, "SIGKILL")', { memoryLimitBytes: 256 * mebibyte });
  assert.equal((await exited()).reason, 'Error');
});

test('a limit of the pod holds for all its containers together', { skip }, async (context) => {
  const { start, exited } = await pod(context, { memoryLimitBytes: 64 * mebibyte });
  await start(hog, {});
  assert.equal((await exited()).reason, 'OOMKilled');
});

test(
  'the process and its commands are in the group, the shim is not, and the kernel has the numbers',
  { skip },
  async (context) => {
    const { node, uid, start, record } = await pod(context, {
      cpuRequestMillis: 250,
      cpuLimitMillis: 500,
      memoryLimitBytes: 512 * mebibyte,
    });
    await start('setInterval(() => {}, 1000)', {
      cpuRequestMillis: 250,
      cpuLimitMillis: 500,
      memoryLimitBytes: 512 * mebibyte,
    });
    const { cgroup, pid } = record();
    const folders = cgroup?.folders ?? [];
    assert.notEqual(folders.length, 0);
    for (const folder of folders) assert.equal(readFileSync(join(folder, 'cgroup.procs'), 'utf8'), `${pid}\n`);
    const { output } = await node.exec(uid, 'main', ['cat', '/proc/self/cgroup'], 10_000);
    assert.equal(
      output.split('\n').filter((line) => line.endsWith(`/pod${uid}/main-0`)).length,
      output.includes('cpu,cpuacct') ? folders.length + 1 : folders.length,
    );
    const quota = (): string[] => folders.flatMap((folder) => contents(folder, ['cpu.cfs_quota_us', 'cpu.max']));
    assert.deepEqual(
      quota().map((text) => text.split(' ')[0]),
      ['50000'],
    );
    await node.updateResources(uid, 'main', {
      cpuRequestMillis: 100,
      cpuLimitMillis: 200,
      memoryLimitBytes: 512 * mebibyte,
    });
    assert.deepEqual(
      quota().map((text) => text.split(' ')[0]),
      ['20000'],
    );
    const podQuota = folders.flatMap((folder) => contents(join(folder, '..'), ['cpu.cfs_quota_us', 'cpu.max']));
    assert.deepEqual(
      podQuota.map((text) => text.split(' ')[0]),
      ['20000'],
    );
  },
);

test('a limit below what is in use is refused and changes nothing', { skip }, async (context) => {
  const { node, uid, start } = await pod(context, {});
  await start('globalThis.kept = Buffer.alloc(128 << 20, 1); console.log("ready"); setInterval(() => {}, 1000)', {
    memoryLimitBytes: 512 * mebibyte,
  });
  const stopping = new AbortController();
  for await (const _chunk of node.logs(
    uid,
    'main',
    { previous: false, follow: true, timestamps: false },
    stopping.signal,
  ))
    stopping.abort();
  await assert.rejects(
    node.updateResources(uid, 'main', { memoryLimitBytes: 16 * mebibyte }),
    (error: unknown) => error instanceof RuntimeError && error.reason === 'ResizeError',
  );
  assert.equal((await node.list())[0]?.containers[0]?.state, 'running');
});

test('a pod cannot make more processes than it may', { skip }, async (context) => {
  const { start, exited } = await pod(context, {}, 30);
  const script = 'for i in $(seq 1 100); do sleep 100 & done; exit 0';
  await start('', {}, { command: ['/bin/sh'], args: ['-c', script] });
  assert.notEqual((await exited()).exitCode, 0);
});

function contents(folder: string, names: readonly string[]): string[] {
  return names
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8').trim());
}
