import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { withCacheLock } from './cache-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-lock-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const patient = { pollMs: 1, heartbeatMs: 1_000, staleMs: 3_600_000 };
const elsewhere = { token: 'theirs', pid: 1, pidNamespace: 'pid:[0]' };

test('one at a time', async () => {
  const path = join(folder, 'one');
  let inside = 0;
  let most = 0;
  let waits = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 3));
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, async () => await withCacheLock(path, work, () => waits++, patient)));
  assert.equal(most, 1);
  assert.ok(waits > 0);
  assert.ok(!existsSync(path));
});

test('work that fails leaves the lock open and its error to the caller', async () => {
  const path = join(folder, 'failing');
  const fail = async (): Promise<never> => await Promise.reject(new Error('no luck'));
  await assert.rejects(
    withCacheLock(path, fail, () => {}, patient),
    /no luck/,
  );
  assert.ok(!existsSync(path));
});

test('an owner in another container is waited for while it shows that it lives', async () => {
  const path = join(folder, 'foreign');
  writeFileSync(path, JSON.stringify(elsewhere));
  let waits = 0;
  const onWait = (): void => {
    if (++waits === 5) rmSync(path);
  };
  await withCacheLock(path, async () => {}, onWait, patient);
  assert.equal(waits, 5);
});

test('an owner that was silent for too long is replaced, whatever its lock says', async () => {
  for (const content of [JSON.stringify(elsewhere), '', '{']) {
    const path = join(folder, 'silent');
    writeFileSync(path, content);
    utimesSync(path, new Date(0), new Date(0));
    const owned = await withCacheLock(
      path,
      async () => readFileSync(path, 'utf8'),
      () => assert.fail('waited'),
      patient,
    );
    assert.match(owned, /"token":"[0-9a-f-]{36}"/);
  }
});

test('an owner that lost its lock does not remove the new one', async () => {
  const path = join(folder, 'lost');
  await withCacheLock(
    path,
    async () => writeFileSync(path, JSON.stringify(elsewhere)),
    () => {},
    patient,
  );
  assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { token: string }).token, 'theirs');
});
