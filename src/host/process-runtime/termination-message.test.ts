import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { terminationMessage } from './termination-message.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-last-words-'));
after(() => rmSync(folder, { recursive: true }));

const line = (text: string): string => `2026-01-01T00:00:00.000000000Z stderr F ${text}\n`;

const cases: readonly {
  when: string;
  file?: string;
  log?: string;
  fallsBackToLog?: boolean;
  exitCode?: number;
  expect: string | undefined;
}[] = [
  { when: 'nothing was left', expect: undefined },
  { when: 'a file was left', file: 'out of memory', expect: 'out of memory' },
  { when: 'the file is long, its end counts', file: `${'x'.repeat(5000)}end`, expect: `${'x'.repeat(4093)}end` },
  { when: 'there is only a log, and nobody asked for it', log: line('oops'), expect: undefined },
  {
    when: 'there is only a log, and it may stand in',
    log: line('begin') + line('oops'),
    fallsBackToLog: true,
    expect: 'begin\noops',
  },
  {
    when: 'there is a log, but the container succeeded',
    log: line('oops'),
    fallsBackToLog: true,
    exitCode: 0,
    expect: undefined,
  },
  { when: 'there are both', file: 'mine', log: line('oops'), fallsBackToLog: true, expect: 'mine' },
  {
    when: 'the log is long',
    log: Array.from({ length: 200 }, (_, i) => line(`line ${i}`)).join(''),
    fallsBackToLog: true,
    expect: Array.from({ length: 80 }, (_, i) => `line ${i + 120}`).join('\n'),
  },
];

for (const { when, file, log, fallsBackToLog = false, exitCode = 1, expect } of cases)
  test(`when ${when}`, () => {
    const path = join(folder, 'termination-log');
    rmSync(path, { force: true });
    rmSync(join(folder, '0.log'), { force: true });
    if (file !== undefined) writeFileSync(path, file);
    if (log !== undefined) writeFileSync(join(folder, '0.log'), log);
    assert.equal(terminationMessage({ file: path, logFolder: folder, attempt: 0, fallsBackToLog, exitCode }), expect);
  });
