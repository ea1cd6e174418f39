import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ContainerResources } from '../../node/container-runtime.ts';
import { cgroupMounts } from '../cgroup-mounts.ts';
import { openCgroups, type Cgroups } from './cgroups.ts';
import { openCgroupV2 } from './cgroup-v2.ts';
import { join as enter, killAll, oomKills, processesOf, removeScope, type CgroupScope } from './cgroup-scope.ts';

const options = { parent: `slipway-test-${randomUUID().slice(0, 8)}`, cpuMillis: 2000, podPidsMax: 100 };

const resources: ContainerResources = {
  cpuRequestMillis: 250,
  cpuLimitMillis: 500,
  memoryLimitBytes: 64 * 1024 * 1024,
};

/** Folders and files in the place of the kernel's: what is written is what the kernel would get. */
function tree(context: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'slipway-cgroup-'));
  context.after(() => rmSync(root, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const apply = (cgroups: Cgroups, scope: CgroupScope, wanted: ContainerResources): void => {
  for (const { file, value } of cgroups.settings(scope, wanted)) writeFileSync(file, value);
};

test('v2: a pod and its containers get weight, quota and memory as the kubelet writes them', (context) => {
  const root = tree(context, { 'cgroup.controllers': 'cpuset cpu io memory pids\n' });
  const cgroups = openCgroupV2(root, options);
  assert.ok(typeof cgroups !== 'string');
  const read = (path: string): string => readFileSync(join(root, options.parent, path), 'utf8');
  assert.equal(readFileSync(join(root, 'cgroup.subtree_control'), 'utf8'), '+cpu +memory +pids');
  assert.deepEqual([read('cgroup.subtree_control'), read('cpu.weight')], ['+cpu +memory +pids', '174']);
  cgroups.createPod('u1', resources);
  assert.deepEqual(
    [read('podu1/cpu.weight'), read('podu1/cpu.max'), read('podu1/memory.max'), read('podu1/pids.max')],
    ['35', '50000 100000', '67108864', '100'],
  );
  const scope = cgroups.createContainer('u1', 'main', 2);
  writeFileSync(join(scope.folders[0] ?? '', 'memory.oom.group'), '0');
  writeFileSync(join(scope.folders[0] ?? '', 'memory.swap.max'), 'max');
  apply(cgroups, scope, resources);
  const values = ['cpu.weight', 'cpu.max', 'memory.max', 'memory.oom.group', 'memory.swap.max'].map((file) =>
    read(`podu1/main-2/${file}`),
  );
  assert.deepEqual(values, ['35', '50000 100000', '67108864', '1', '0']);
  assert.deepEqual(cgroups.pods(), ['u1']);
  assert.equal(cgroups.podScopes('u1').length, 2);
});

test('v2: a resize writes the container and its pod, and is refused below what is in use', (context) => {
  const root = tree(context, { 'cgroup.controllers': 'cpu memory pids' });
  const cgroups = openCgroupV2(root, options);
  assert.ok(typeof cgroups !== 'string');
  cgroups.createPod('u1', resources);
  const scope = cgroups.createContainer('u1', 'main', 0);
  const [folder = ''] = scope.folders;
  writeFileSync(join(folder, 'memory.current'), '50000000\n');
  cgroups.update('u1', { cpuLimitMillis: 1000 }, scope, { cpuLimitMillis: 1000 });
  assert.equal(readFileSync(join(folder, 'cpu.max'), 'utf8'), '100000 100000');
  assert.equal(readFileSync(join(dirname(folder), 'cpu.max'), 'utf8'), '100000 100000');
  assert.equal(readFileSync(join(folder, 'memory.max'), 'utf8'), 'max');
  assert.throws(() => cgroups.update('u1', {}, scope, { memoryLimitBytes: 1000 }), /below the 50000000 bytes in use/);
});

test('v2: usage leaves out the pages that the kernel can drop, and out-of-memory kills are counted', (context) => {
  const root = tree(context, { 'cgroup.controllers': 'cpu memory' });
  const cgroups = openCgroupV2(root, options);
  assert.ok(typeof cgroups !== 'string');
  const scope = cgroups.createContainer('u1', 'main', 0);
  assert.equal(cgroups.usage(scope), undefined);
  const files = {
    'cpu.stat': 'usage_usec 1500\nuser_usec 1',
    'memory.current': '9000',
    'memory.stat': 'anon 1\ninactive_file 4000\n',
    'memory.events': 'low 0\noom 3\noom_kill 2\noom_group_kill 1',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(scope.folders[0] ?? '', name), content);
  assert.deepEqual(cgroups.usage(scope), { cpuNanoseconds: 1_500_000, memoryBytes: 5000 });
  assert.equal(oomKills(scope), 2);
});

const unusable: readonly { when: string; files: Record<string, string>; expect: RegExp }[] = [
  { when: 'nothing is mounted', files: {}, expect: /no control groups are mounted/ },
  {
    when: 'v2 offers no controllers',
    files: { 'proc/self/mountinfo': '1 2 0:1 / /cg rw - cgroup2 cgroup2 rw', 'cg/cgroup.controllers': 'hugetlb' },
    expect: /offers neither cpu nor memory/,
  },
  {
    when: 'v1 has only trees that are not there',
    files: { 'proc/self/mountinfo': '1 2 0:1 / /cg/memory rw - cgroup cgroup rw,memory' },
    expect: /not writable/,
  },
];
for (const { when, files, expect } of unusable) {
  test(`when ${when}, there are no control groups, and it is said why`, (context) => {
    const why = openCgroups({ ...options, prefix: tree(context, files) });
    assert.match(typeof why === 'string' ? why : 'they work', expect);
  });
}

test('v1 trees that are mounted together are written once', (context) => {
  const mountinfo = [
    '1 2 0:1 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
    '1 2 0:2 / /cg/memory rw - cgroup cgroup rw,memory',
  ].join('\n');
  const prefix = tree(context, { 'proc/self/mountinfo': mountinfo, 'cg/cpu,cpuacct/x': '', 'cg/memory/x': '' });
  const cgroups = openCgroups({ ...options, prefix });
  assert.ok(typeof cgroups !== 'string');
  assert.deepEqual([cgroups.version, cgroups.limitsCpu, cgroups.limitsMemory], ['v1', true, true]);
  cgroups.createPod('u1', resources);
  const scope = cgroups.createContainer('u1', 'main', 0);
  assert.deepEqual(
    scope.folders,
    ['cpu,cpuacct', 'memory'].map((name) => `${prefix}/cg/${name}/${options.parent}/podu1/main-0`),
  );
  apply(cgroups, scope, resources);
  const read = (path: string): string =>
    readFileSync(join(prefix, 'cg', path.replace('POD', `${options.parent}/podu1`)), 'utf8');
  assert.deepEqual(
    [
      'cpu,cpuacct/POD/cpu.shares',
      'cpu,cpuacct/POD/main-0/cpu.cfs_quota_us',
      'memory/POD/main-0/memory.limit_in_bytes',
    ].map(read),
    ['256', '50000', '67108864'],
  );
});

const real = openCgroups({ ...options, parent: `${options.parent}-real` });
const skip = typeof real === 'string' ? `this machine's control groups cannot be written: ${real}` : false;

test('the kernel takes what is written, a resize in both directions included', { skip }, (context) => {
  assert.ok(typeof real !== 'string');
  context.after(() => {
    for (const scope of real.podScopes('u1')) removeScope(scope);
    assert.equal(real.removeParent(), true);
  });
  real.createPod('u1', resources);
  const scope = real.createContainer('u1', 'main', 0);
  const readBack = (): Record<string, string> => {
    const wanted = real.settings(scope, resources).map(({ file }) => file);
    return Object.fromEntries(
      wanted.map((file) => [file.slice(file.lastIndexOf('/') + 1), readFileSync(file, 'utf8').trim()]),
    );
  };
  const expectation = (cgroups: Cgroups, of: ContainerResources): Record<string, string> =>
    Object.fromEntries(
      cgroups.settings(scope, of).map(({ file, value }) => [file.slice(file.lastIndexOf('/') + 1), value]),
    );
  apply(real, scope, resources);
  assert.deepEqual(readBack(), expectation(real, resources));
  for (const next of [
    { cpuRequestMillis: 1000, cpuLimitMillis: 1500, memoryLimitBytes: 128 * 1024 * 1024 },
    { cpuRequestMillis: 100, cpuLimitMillis: 200, memoryLimitBytes: 32 * 1024 * 1024 },
  ]) {
    real.update('u1', next, scope, next);
    assert.deepEqual(readBack(), expectation(real, next));
  }
  assert.deepEqual(processesOf(scope), []);
  assert.deepEqual(real.pods(), ['u1']);
  assert.ok((real.usage(scope)?.cpuNanoseconds ?? -1) >= 0);
});

const v2Mount = cgroupMounts().v2?.path;
const v2Folder = `${v2Mount}/${options.parent}-kill`;
const noV2 =
  v2Mount === undefined ? 'no v2 tree is mounted' : !canMake(v2Folder) ? `${v2Mount} is not writable` : false;

test('v2: the kernel ends a whole group at once, and this process is left out of it', { skip: noV2 }, async () => {
  const scope: CgroupScope = { version: 2, folders: [v2Folder], oomFile: undefined };
  mkdirSync(v2Folder);
  try {
    const child = spawn('sh', ['-c', 'read go; sleep 1000 & sleep 1000 & echo ready; wait'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    enter(scope, child.pid ?? 0);
    child.stdin.write('go\n');
    await once(child.stdout, 'data');
    assert.equal(processesOf(scope).length, 3);
    const ended = once(child, 'exit');
    assert.equal(killAll(scope), true);
    await ended;
    const home = readFileSync('/proc/self/cgroup', 'utf8').match(/^0::(.*)$/m)?.[1] ?? '/';
    enter(scope, process.pid);
    try {
      assert.equal(killAll(scope), false);
    } finally {
      enter({ ...scope, folders: [`${v2Mount}${home}`] }, process.pid);
    }
  } finally {
    while (killAll(scope) || !removeScope(scope)) await new Promise((resolve) => setTimeout(resolve, 5));
  }
});

function canMake(folder: string): boolean {
  try {
    mkdirSync(folder);
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
