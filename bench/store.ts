/**
 * bench/store: how fast writes become durable, and how fast they are back after a restart.
 *
 * Writes: ConfigMaps of 1 KB are created through the in-process client of a whole API server (defaults, validation,
 * admission, journal on disk), by 64 writers at once and by one. A write counts when it is acknowledged, which is when
 * it has been synced. The anchors put the same texts into a table of SQLite (WAL, synchronous=FULL), a transaction a
 * write and a transaction for 64, and, as the floor that the disk sets, append them to a file with one fdatasync each.
 * Recovery: 10,000 such objects, from a log and from a snapshot, to an API server that answers; the anchor reads
 * and parses the same bytes as one JSON file.
 * All take turns in every round, so that a noisy moment meets each of them; medians are printed.
 *
 *   tools/node/run bench/store.ts [--rounds 7] [--seconds 0.5] [--dir FOLDER]
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { builtInKinds } from '../src/api/kinds.ts';
import { configMaps } from '../src/api/resources.ts';
import { ApiServer } from '../src/apiserver/api-server.ts';
import type { Journal } from '../src/apiserver/journal.ts';
import { snapshotRecord } from '../src/apiserver/store/journal-record.ts';
import { openDiskJournal } from '../src/host/disk-journal.ts';
import { systemClock } from '../src/host/system-clock.ts';
import { silentLog } from '../src/machinery/log.ts';
import { seededRandom } from '../src/std/random.ts';
import { median, printTable } from './print-table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.5' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const rounds = Number(values.rounds);
const sliceMs = Number(values.seconds) * 1000;
const writersMany = 64;
const recoveredObjects = 10_000;
/** With it an object is 1 KB as it is stored. */
const textLength = 790;

mkdirSync(values.dir, { recursive: true });
const folder = mkdtempSync(join(values.dir, 'slipway-bench-store-'));
try {
  await benchWrites();
  await benchRecovery();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function benchWrites(): Promise<void> {
  const server = await serverOn(await openDiskJournal(join(folder, 'journal'), { log: silentLog }));
  const client = server.client();
  const database = new DatabaseSync(join(folder, 'anchor.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  database.exec('CREATE TABLE objects (key TEXT PRIMARY KEY, value TEXT) STRICT');
  const insert = database.prepare('INSERT INTO objects VALUES (?, ?)');
  const file = await open(join(folder, 'anchor.log'), 'w');

  let made = 0;
  const newName = (): string => `object-${made++}`;
  const create = async (): Promise<void> => void (await client.create(configMaps, configMap(newName())));
  const put = (): void => {
    const name = newName();
    insert.run(`default/${name}`, JSON.stringify(stored(name)));
  };
  const cases: Readonly<Record<string, () => Promise<number>>> = {
    'API server, 64 writers': () => perSecond(writersMany, 1, create),
    'SQLite, 64 a transaction': () =>
      perSecond(1, writersMany, async () => {
        database.exec('BEGIN');
        for (let i = 0; i < writersMany; i++) put();
        database.exec('COMMIT');
      }),
    'API server, 1 writer': () => perSecond(1, 1, create),
    'SQLite, 1 a transaction': () => perSecond(1, 1, async () => put()),
    'file, 1 a sync': () =>
      perSecond(1, 1, async () => {
        await file.write(JSON.stringify(stored(newName())));
        await file.datasync();
      }),
  };
  const rates = await inTurns(cases);
  await server.stop();
  database.close();
  await file.close();

  const rate = (name: string): number => median(rates[name] ?? []);
  const ratio = (name: string, anchor: string): string => `${(rate(name) / rate(anchor)).toFixed(2)}×`;
  printTable(
    `durable writes of 1 KB a second, median of ${rounds} rounds of ${values.seconds} s in ${values.dir}`,
    ['', 'writes/s', 'lowest', 'highest', 'ratio to SQLite'],
    Object.entries(rates).map(([name, found]) => [
      name,
      rate(name),
      Math.min(...found),
      Math.max(...found),
      name === 'API server, 64 writers'
        ? ratio(name, 'SQLite, 64 a transaction')
        : name === 'API server, 1 writer'
          ? ratio(name, 'SQLite, 1 a transaction')
          : '',
    ]),
  );
  if (isInMemory(values.dir))
    console.log(`\n${values.dir} is in memory: a sync costs nothing there; try --dir on a disk`);
}

async function benchRecovery(): Promise<void> {
  const logFolder = join(folder, 'log');
  const snapshotFolder = join(folder, 'snapshot');
  const records = await writeLog(logFolder);
  const file = join(folder, 'anchor.json');
  writeFileSync(file, `[${records.join(',')}]`);
  await writeSnapshot(snapshotFolder, records);
  const lastKey = { namespace: 'default', name: `object-${recoveredObjects - 1}` };

  const recover = async (path: string): Promise<number> => {
    const begun = performance.now();
    const server = await serverOn(await openDiskJournal(path, { log: silentLog }));
    await server.client().get(configMaps, lastKey);
    const took = performance.now() - begun;
    await server.stop();
    return took;
  };
  const times = await inTurns({
    'API server, from a log': () => recover(logFolder),
    'API server, from a snapshot': () => recover(snapshotFolder),
    'JSON.parse of one file': async () => {
      const begun = performance.now();
      const parsed = JSON.parse(readFileSync(file, 'utf8')) as unknown[];
      if (parsed.length !== records.length) throw new Error('the anchor lost some');
      return performance.now() - begun;
    },
  });
  const anchor = times['JSON.parse of one file'] ?? [];
  printTable(
    `recovery of ${recoveredObjects} objects of 1 KB, ms, first and median of ${rounds} rounds`,
    ['', 'first', 'median', 'ratio to JSON.parse'],
    Object.entries(times).map(([name, found]) => [
      name,
      found[0] ?? NaN,
      median(found),
      found === anchor ? '' : `${(median(found) / median(anchor)).toFixed(2)}×`,
    ]),
  );
}

/** A journal of the objects that has never taken a snapshot. Returns its records. */
async function writeLog(path: string): Promise<readonly string[]> {
  const journal = await openDiskJournal(path, { log: silentLog });
  const records: string[] = [];
  const server = await serverOn({
    recover: () => journal.recover(),
    append: (record) => {
      records.push(record());
      return journal.append(() => records.at(-1) ?? '');
    },
    snapshot: () => Promise.resolve(),
    // The store takes a snapshot when this has grown.
    appendedBytes: 0,
    close: () => journal.close(),
  });
  const client = server.client();
  for (let at = 0; at < recoveredObjects; at += 1000) {
    const names = Array.from({ length: 1000 }, (_, index) => `object-${at + index}`);
    await Promise.all(names.map((name) => client.create(configMaps, configMap(name))));
  }
  await server.stop();
  return records;
}

/** The same state, all of it in a snapshot. */
async function writeSnapshot(path: string, records: readonly string[]): Promise<void> {
  const journal = await openDiskJournal(path, { log: silentLog });
  for await (const record of journal.recover()) throw new Error(`an empty journal holds ${record}`);
  const { r } = JSON.parse(records.at(-1) ?? '') as { r: number };
  await journal.snapshot([snapshotRecord(r), ...records]);
  await journal.close();
}

async function serverOn(journal: Journal): Promise<ApiServer> {
  const server = new ApiServer({ clock: systemClock, random: seededRandom(1), journal, kinds: builtInKinds });
  await server.start();
  return server;
}

/** Runs every case once a round. The first round is measured too: it shows what a fresh process costs. */
async function inTurns(cases: Readonly<Record<string, () => Promise<number>>>): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++)
    for (const [name, measure] of Object.entries(cases)) (found[name] ??= []).push(await measure());
  return found;
}

/** Writes a second of that many writers, each of whose steps makes `writes` of them. */
async function perSecond(writers: number, writes: number, step: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (performance.now() - begun < sliceMs) {
        await step();
        count += writes;
      }
    }),
  );
  return count / ((performance.now() - begun) / 1000);
}

function configMap(name: string): { metadata: { namespace: string; name: string }; data: { text: string } } {
  return { metadata: { namespace: 'default', name }, data: { text: name.padEnd(textLength, 'x') } };
}

/** What the API server stores of it, of the same length: 1 KB with its metadata. */
function stored(name: string): object {
  const uid = '00000000-0000-4000-8000-000000000000';
  const metadata = {
    ...configMap(name).metadata,
    uid,
    resourceVersion: '100000',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return { apiVersion: 'v1', kind: 'ConfigMap', ...configMap(name), metadata };
}

/** tmpfs and ramfs, from their magic numbers (Linux statfs(2)). */
function isInMemory(path: string): boolean {
  return [0x01021994, 0x858458f6].includes(statfsSync(path).type);
}
