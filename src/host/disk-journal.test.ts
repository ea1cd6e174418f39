import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Store } from '../apiserver/store/store.ts';
import type { Journal } from '../apiserver/journal.ts';
import type { KubernetesObject } from '../api/resource.ts';
import type { Log } from '../machinery/log.ts';
import { openDiskJournal } from './disk-journal.ts';
import { openJournalFile, type JournalFile } from './journal-file.ts';
import { systemClock } from './system-clock.ts';

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'slipway-journal-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function logInto(lines: string[]): Log {
  const log: Log = {
    info: () => {},
    warn: (message) => lines.push(message),
    error: (message) => lines.push(message),
    with: () => log,
  };
  return log;
}

interface Opened {
  readonly journal: Journal;
  readonly records: readonly string[];
  readonly warnings: readonly string[];
}

async function opened(
  path: string,
  openFile: (path: string) => Promise<JournalFile> = openJournalFile,
): Promise<Opened> {
  const warnings: string[] = [];
  const journal = await openDiskJournal(path, { log: logInto(warnings), openFile });
  try {
    const records: string[] = [];
    for await (const record of journal.recover()) records.push(record);
    return { journal, records, warnings };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

test('what was appended comes back in order', async (context) => {
  const path = folder(context);
  const first = await opened(path);
  assert.deepEqual(first.records, []);
  await Promise.all(['a', 'b', 'ü'].map(async (record) => await first.journal.append(() => record)));
  await first.journal.append(() => 'd');
  await first.journal.close();
  const second = await opened(path);
  assert.deepEqual(second.records, ['a', 'b', 'ü', 'd']);
  await second.journal.close();
});

test('appends of one turn share a sync', async (context) => {
  let syncs = 0;
  const counting = async (path: string): Promise<JournalFile> => {
    const file = await openJournalFile(path);
    return {
      ...file,
      async sync() {
        syncs++;
        await file.sync();
      },
    };
  };
  const { journal } = await opened(folder(context), counting);
  await Promise.all(Array.from({ length: 100 }, async (_, index) => await journal.append(() => `${index}`)));
  assert.equal(syncs, 1);
  await journal.close();
});

test('a snapshot replaces what came before it and nothing that comes after', async (context) => {
  const path = folder(context);
  const { journal } = await opened(path);
  const before = Promise.all([journal.append(() => 'old 1'), journal.append(() => 'old 2')]);
  const snapshot = journal.snapshot(['state']);
  const after = journal.append(() => 'new');
  await Promise.all([before, snapshot, after]);
  await journal.append(() => 'newer');
  await journal.close();
  const again = await opened(path);
  assert.deepEqual(again.records, ['state', 'new', 'newer']);
  assert.deepEqual(readdirSync(path).toSorted(), ['lock', 'log.1', 'snapshot.1']);
  await again.journal.close();
});

test('a snapshot that was cut off counts for nothing', async (context) => {
  const path = folder(context);
  const { journal } = await opened(path);
  await journal.append(() => 'a');
  await journal.close();
  writeFileSync(join(path, 'log.1'), '');
  writeFileSync(join(path, 'snapshot.1.new'), 'half of');
  const again = await opened(path);
  assert.deepEqual(again.records, ['a']);
  assert.equal(existsSync(join(path, 'snapshot.1.new')), false);
  await again.journal.append(() => 'b');
  await again.journal.close();
  const third = await opened(path);
  assert.deepEqual(third.records, ['a', 'b']);
  await third.journal.close();
});

for (const cut of [1, 5, 12, 14]) {
  test(`a last write that lacks ${cut} bytes is dropped with a warning, and writing goes on`, async (context) => {
    const path = folder(context);
    const { journal } = await opened(path);
    await journal.append(() => 'whole');
    await journal.append(() => 'cut');
    await journal.close();
    const file = join(path, 'log.0');
    truncateSync(file, statSync(file).size - cut);
    const again = await opened(path);
    assert.deepEqual(again.records, ['whole']);
    assert.deepEqual(again.warnings, [
      'the last write of the journal was cut off and never acknowledged: it is dropped',
    ]);
    await again.journal.append(() => 'next');
    await again.journal.close();
    const third = await opened(path);
    assert.deepEqual(third.records, ['whole', 'next']);
    assert.deepEqual(third.warnings, []);
    await third.journal.close();
  });
}

test('garbage after the last write is dropped', async (context) => {
  const path = folder(context);
  const { journal } = await opened(path);
  await journal.append(() => 'whole');
  await journal.close();
  appendFileSync(join(path, 'log.0'), Buffer.alloc(5_000, 7));
  const again = await opened(path);
  assert.deepEqual(again.records, ['whole']);
  await again.journal.close();
});

test('damage in the middle stops the start, and the error says what to do', async (context) => {
  const path = folder(context);
  const { journal } = await opened(path);
  for (const record of ['first', 'second', 'third']) await journal.append(() => record);
  await journal.close();
  const file = join(path, 'log.0');
  const bytes = readFileSync(file);
  bytes[bytes.indexOf('second')] = 0x53;
  writeFileSync(file, bytes);
  await assert.rejects(
    opened(path),
    /log\.0 is damaged between bytes 17 and 35: .* Put the folder back from a copy, or start empty: mv /,
  );
});

test('a missing file stops the start', async (context) => {
  const path = folder(context);
  const { journal } = await opened(path);
  await journal.append(() => 'a');
  await journal.snapshot(['a']);
  await journal.append(() => 'b');
  await journal.close();
  rmSync(join(path, 'log.1'));
  await assert.rejects(opened(path), /log\.1 is missing/);
});

test('a folder belongs to one engine', async (context) => {
  const path = folder(context);
  const { journal } = await opened(path);
  await assert.rejects(opened(path), new RegExp(`is in use by another engine \\(process ${process.pid}\\)`));
  await journal.close();
  const again = await opened(path);
  await again.journal.close();
});

/** A real file on a disk with so much room. */
function onSmallDisk(disk: { freeBytes: number }): (path: string) => Promise<JournalFile> {
  return async (path) => {
    const file = await openJournalFile(path);
    return {
      ...file,
      async write(bytes, position) {
        const fits = Math.min(bytes.length, disk.freeBytes);
        await file.write(bytes.subarray(0, fits), position);
        disk.freeBytes -= fits;
        if (fits < bytes.length)
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      },
    };
  };
}

test('a full disk refuses the write, and when there is room again writing goes on', async (context) => {
  const path = folder(context);
  const disk = { freeBytes: 1_000 };
  const { journal } = await opened(path, onSmallDisk(disk));
  await journal.append(() => 'fits');
  await assert.rejects(
    journal.append(() => 'x'.repeat(2_000))!,
    { message: 'no space left on the disk' },
  );
  await assert.rejects(
    journal.append(() => 'y')!,
    { message: 'no space left on the disk' },
  );
  disk.freeBytes = 10_000;
  await journal.append(() => 'fits again');
  await journal.close();
  const again = await opened(path);
  assert.deepEqual(again.records, ['fits', 'fits again']);
  assert.deepEqual(again.warnings, []);
  await again.journal.close();
});

test('a store on a full disk says so and stays up', async (context) => {
  const disk = { freeBytes: 1_000 };
  const { journal } = await opened(folder(context), onSmallDisk(disk));
  const store = new Store({ clock: systemClock, journal });
  const bucket = store.bucket('configmaps');
  const write = (name: string, text: string): Promise<unknown> =>
    store.write(bucket, name, () => ({ put: object(name, text) }));
  await write('a', 'small');
  await assert.rejects(write('b', 'x'.repeat(2_000)), {
    message: 'Internal error occurred: the write could not be made durable: no space left on the disk',
    code: 500,
  });
  assert.equal(bucket.get('a')?.key, 'a');
  assert.equal(bucket.get('b'), undefined);
  disk.freeBytes = 10_000;
  await write('b', 'x'.repeat(2_000));
  await store.close();
});

const object = (name: string, text: string): KubernetesObject =>
  ({
    metadata: { name, uid: name, resourceVersion: '', creationTimestamp: '2026-01-01T00:00:00Z' },
    data: { text },
  }) as KubernetesObject;

test('kill -9 at any moment loses no acknowledged write', { timeout: 60_000 }, async (context) => {
  const path = folder(context);
  const writer = fileURLToPath(new URL('./disk-journal.writer.ts', import.meta.url));
  const acknowledged = new Map<string, number>();
  let writes = 0;
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, [writer, path, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    // The moment of the kill is counted in writes, so that it falls into the middle of them on any machine.
    const killAfter = 40 + round * 173;
    let count = 0;
    lines.on('line', (line) => {
      const [name = '', value = ''] = line.split(' ');
      acknowledged.set(name, Number(value));
      if (++count === killAfter) child.kill('SIGKILL');
    });
    await Promise.all([once(child, 'exit'), once(lines, 'close')]);
    assert.equal(child.signalCode, 'SIGKILL');
    writes += count;
    const { journal } = await openedEventually(path);
    const store = new Store({ clock: systemClock, journal });
    await store.recover();
    for (const [name, value] of acknowledged) {
      const stored = store.bucket('configmaps').get(name)?.object as { data: { text: string } } | undefined;
      const recovered = Number(stored?.data.text.split(' ')[0] ?? -1);
      assert.ok(recovered >= value, `${name} was acknowledged as ${value} and is ${recovered}`);
    }
    await store.close();
  }
  assert.ok(writes > 500);
});

/** Without recovering: the store does. */
async function openedEventually(path: string): Promise<{ journal: Journal }> {
  return { journal: await openDiskJournal(path, { log: logInto([]) }) };
}
