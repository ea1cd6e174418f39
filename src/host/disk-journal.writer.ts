// Run by disk-journal.test.ts as a process of its own, to be killed: writes through a store on a disk journal as
// fast as it can and prints each write once it is acknowledged.
import { writeSync } from 'node:fs';
import { silentLog } from '../machinery/log.ts';
import { Store } from '../apiserver/store/store.ts';
import type { KubernetesObject } from '../api/resource.ts';
import { openDiskJournal } from './disk-journal.ts';
import { systemClock } from './system-clock.ts';

const [directory = '', round = ''] = process.argv.slice(2);
const store = new Store({ clock: systemClock, journal: await openDiskJournal(directory, { log: silentLog }) });
await store.recover();
const bucket = store.bucket('configmaps');

async function writeForever(name: string): Promise<never> {
  for (let value = Number(round) * 1_000_000; ; value++) {
    const object = {
      metadata: { name, uid: name, resourceVersion: '', creationTimestamp: '2026-01-01T00:00:00Z' },
      // Now and then a large one, so that there are snapshots, too.
      data: { text: `${value} ${'x'.repeat(value % 7 === 0 ? 200_000 : 100)}` },
    } as KubernetesObject;
    await store.write(bucket, name, () => ({ put: object }));
    writeSync(1, `${name} ${value}\n`);
  }
}

await Promise.all(['a', 'b', 'c', 'd'].map(writeForever));
