import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { cutMachine, readMachine, type Machine } from './machine.ts';

/** The machine that these files describe. */
function machineOf(files: Readonly<Record<string, string>>): Machine {
  const root = mkdtempSync(join(tmpdir(), 'slipway-machine-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), `${content}\n`);
    }
    return readMachine(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const eightCpus = {
  '/proc/self/status': 'Name:\tnode\nCpus_allowed_list:\t0-3,8-10,12',
  '/proc/meminfo': 'MemTotal:       16384 kB\nMemFree: 1 kB',
};
const v2 = {
  '/proc/self/mountinfo': '41 31 0:38 / /cg rw,relatime - cgroup2 cgroup2 rw',
  '/proc/self/cgroup': '0::/a/b',
};
const v1 = {
  '/proc/self/mountinfo': [
    '32 31 0:29 / /cg/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct',
    '33 31 0:30 /docker/x /cg/memory rw - cgroup cgroup rw,memory',
  ].join('\n'),
  '/proc/self/cgroup': '2:cpu,cpuacct:/s\n4:memory:/docker/x/y',
};

const cases: readonly { when: string; files: Record<string, string>; cpuMillis: number; memoryBytes: number }[] = [
  { when: 'nothing bounds it', files: eightCpus, cpuMillis: 8000, memoryBytes: 16384 * 1024 },
  {
    when: 'a v2 group above it has a quota and its own a limit',
    files: {
      ...eightCpus,
      ...v2,
      '/cg/a/cpu.max': '150000 100000',
      '/cg/a/b/cpu.max': 'max 100000',
      '/cg/a/memory.max': 'max',
      '/cg/a/b/memory.max': '1048576',
    },
    cpuMillis: 1500,
    memoryBytes: 1048576,
  },
  {
    when: 'v1 trees bound it and show only the part of a container',
    files: {
      ...eightCpus,
      ...v1,
      '/cg/cpu,cpuacct/s/cpu.cfs_quota_us': '50000',
      '/cg/cpu,cpuacct/s/cpu.cfs_period_us': '100000',
      '/cg/memory/memory.limit_in_bytes': '4194304',
      '/cg/memory/y/memory.limit_in_bytes': '9223372036854771712',
    },
    cpuMillis: 500,
    memoryBytes: 4194304,
  },
  {
    when: 'v1 groups have no limits',
    files: {
      ...eightCpus,
      ...v1,
      '/cg/cpu,cpuacct/s/cpu.cfs_quota_us': '-1',
      '/cg/cpu,cpuacct/s/cpu.cfs_period_us': '100000',
      '/cg/memory/y/memory.limit_in_bytes': '9223372036854771712',
    },
    cpuMillis: 8000,
    memoryBytes: 16384 * 1024,
  },
  {
    when: 'the limit is above the RAM and the quota above the CPUs',
    files: { ...eightCpus, ...v2, '/cg/a/b/cpu.max': '9900000 100000', '/cg/memory.max': '99999999999' },
    cpuMillis: 8000,
    memoryBytes: 16384 * 1024,
  },
];
for (const { when, files, cpuMillis, memoryBytes } of cases) {
  test(`when ${when}, the machine gives ${cpuMillis} millis and ${memoryBytes} bytes`, () => {
    const machine = machineOf(files);
    assert.deepEqual({ cpuMillis: machine.cpuMillis, memoryBytes: machine.memoryBytes }, { cpuMillis, memoryBytes });
  });
}

test('this very machine says who it is', () => {
  const machine = readMachine();
  assert.ok(machine.cpuMillis > 0 && machine.memoryBytes > 0);
  assert.match(machine.bootID, /^[0-9a-f]{8}-/);
  assert.match(machine.architecture, /^(amd64|arm64)$/);
  assert.notEqual(machine.kernelVersion, '');
});

test('nodes never add up to more than the machine', () => {
  const shares = cutMachine({ cpuMillis: 2000, memoryBytes: 1_000_000_000 }, 3);
  assert.deepEqual(
    shares.map(({ cpuMillis }) => cpuMillis),
    [666, 666, 666],
  );
  assert.ok(shares.every(({ memoryBytes }) => memoryBytes % 2 ** 20 === 0));
  assert.ok(shares.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) <= 1_000_000_000);
});

for (const nodes of [0, -1, 1.5, 3000, Number.NaN]) {
  test(`a machine of two CPUs is not cut into ${nodes} nodes`, () => {
    assert.throws(() => cutMachine({ cpuMillis: 2000, memoryBytes: 2 ** 30 }, nodes), RangeError);
  });
}
