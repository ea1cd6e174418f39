import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog, type Log } from '../machinery/log.ts';
import { seededRandom } from '../std/random.ts';
import { entropy } from './entropy.ts';

test('a run can be repeated from the seed in the log, and two runs differ', () => {
  const seeds: unknown[] = [];
  const log: Log = { ...silentLog, info: (_message, fields) => void seeds.push(fields?.['seed']) };
  const [first, second] = [entropy(log), entropy(log)];
  assert.equal(first.fork('uids').next(), seededRandom(String(seeds[0])).fork('uids').next());
  assert.equal(first.next(), seededRandom(String(seeds[0])).next());
  assert.notEqual(second.next(), seededRandom(String(seeds[0])).next());
});
