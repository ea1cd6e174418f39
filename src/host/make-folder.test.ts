import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFolder } from './make-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'slipway-make-folder-'));
after(() => rmSync(root, { recursive: true }));

test('everything that is missing is made, for its owner alone', () => {
  makeFolder(join(root, 'a', 'b', 'c'));
  assert.equal(statSync(join(root, 'a', 'b', 'c')).mode & 0o777, 0o700);
});

test('what is there already is a success', () => {
  makeFolder(join(root, 'a'));
  makeFolder(root);
});

test('a file in the way is an error', () => {
  writeFileSync(join(root, 'file'), '');
  assert.throws(() => makeFolder(join(root, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeFolder(join(root, 'file', 'below')), { code: /EEXIST|ENOTDIR/ });
});

test('where nothing can be made, the error comes at once', () => {
  assert.throws(() => makeFolder('/proc/slipway/data'), { code: /ENOENT|EACCES|EPERM/ });
});
