import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Readiness } from './readiness.ts';

test('the durations of the phases that are over stay, the progress of a phase goes with it', () => {
  let now = 0;
  const readiness = new Readiness(() => now);
  readiness.enter('downloading');
  readiness.progress({ receivedBytes: 5, totalBytes: 9 });
  now = 300;
  assert.deepEqual(readiness.body(), {
    phase: 'downloading',
    receivedBytes: 5,
    totalBytes: 9,
    durations: { loadMs: 0 },
  });
  readiness.enter('loading');
  now = 1000;
  readiness.enter('warming');
  now = 1050;
  readiness.enter('ready');
  assert.deepEqual(readiness.body(), { phase: 'ready', durations: { loadMs: 700, downloadMs: 300, warmMs: 50 } });
});
