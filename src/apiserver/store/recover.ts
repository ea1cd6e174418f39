import type { KubernetesObject } from '../../api/resource.ts';
import type { Journal } from '../journal.ts';
import type { Bucket } from './bucket.ts';
import { deepFreeze } from './deep-freeze.ts';
import { parseRecord } from './journal-record.ts';
import { StoredObject } from './stored-object.ts';
import { withRevision } from './with-revision.ts';

/** Replays the journal. The snapshot's records are state; those after its mark are history too, so that watches may go on from them. */
export async function recover(
  journal: Journal,
  bucketOf: (name: string, baseRevision: number) => Bucket,
  time: number,
): Promise<{ readonly revision: number; readonly baseRevision: number }> {
  let revision = 1;
  let baseRevision = 1;
  for await (const line of journal.recover()) {
    const record = parseRecord(line);
    if ('snapshot' in record) {
      baseRevision = revision = record.snapshot;
      continue;
    }
    const bucket = bucketOf(record.b, baseRevision);
    const old = bucket.get(record.k);
    if (record.o === undefined) {
      if (old === undefined) throw new Error(`the journal deletes ${record.b} ${record.k}, which is not there`);
      const now = new StoredObject(record.k, deepFreeze(withRevision(old.object, record.r)), record.r);
      bucket.apply({ type: 'DELETED', now, old, revision: record.r, time });
    } else {
      const now = new StoredObject(record.k, deepFreeze(record.o as KubernetesObject), record.r);
      if (record.r <= baseRevision) bucket.restore(now);
      else bucket.apply({ type: old === undefined ? 'ADDED' : 'MODIFIED', now, old, revision: record.r, time });
    }
    revision = Math.max(revision, record.r);
  }
  return { revision, baseRevision };
}
