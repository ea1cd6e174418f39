import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { VirtualClock } from '../std/virtual-clock.ts';
import { fileLog, lineLog, streamLog } from './log.ts';
import type { Log } from '../machinery/log.ts';

const clock = new VirtualClock({ drain: () => Promise.resolve(), startMs: Date.parse('2026-01-02T03:04:05.678Z') });

function logTo(form: 'json' | 'human'): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { lines, log: lineLog({ clock, form, colour: false, sink: (line) => void lines.push(line) }) };
}

test('a line for machines is one JSON object with time, level, message and fields', () => {
  const { log, lines } = logTo('json');
  log.with({ component: 'node' }).warn('pod failed', { pod: 'default/a', restarts: 3 });
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    ts: '2026-01-02T03:04:05.678Z',
    level: 'warn',
    msg: 'pod failed',
    component: 'node',
    pod: 'default/a',
    restarts: 3,
  });
});

test('a line for eyes has a short time, a letter and quoted fields', () => {
  const { log, lines } = logTo('human');
  log.error('cannot start', { error: new Error('no such file', { cause: new Error('ENOENT') }), pod: 'a' });
  assert.deepEqual(lines, ['03:04:05.678 E cannot start error="no such file: ENOENT" pod=a']);
});

const secrets: readonly { readonly what: string; readonly fields: Record<string, unknown> }[] = [
  { what: 'a token', fields: { bearerToken: 'hunter2hunter2' } },
  { what: 'a nested password', fields: { config: { user: 'me', password: 'hunter2hunter2' } } },
  { what: 'a header inside a string', fields: { request: 'GET / Authorization: Bearer hunter2hunter2' } },
  { what: 'an error that quotes a header', fields: { error: new Error('refused Bearer hunter2hunter2') } },
  {
    what: 'a Kubernetes object',
    fields: { object: { kind: 'Secret', metadata: { name: 's' }, data: { a: 'hunter2hunter2' } } },
  },
  { what: 'bytes', fields: { body: Buffer.from('hunter2hunter2') } },
];
for (const { what, fields } of secrets) {
  test(`${what} is not written`, () => {
    for (const form of ['json', 'human'] as const) {
      const { log, lines } = logTo(form);
      log.info('seen', fields);
      assert.doesNotMatch(lines[0] ?? '', /hunter2/);
    }
  });
}

test('a value cannot forge a line, paint the terminal or pass for the level', () => {
  const human = logTo('human');
  human.log.info('said\nE forged', { text: 'a\n03:04:05 E forged \u001b[31mred' });
  assert.equal(human.lines.length, 1);
  assert.doesNotMatch(human.lines[0] ?? '', /\p{Cc}/u);
  const json = logTo('json');
  json.log.info('said', { level: 'error', msg: 'other' });
  const line = JSON.parse(json.lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual([line['level'], line['msg'], line['field_level']], ['info', 'said', 'error']);
});

test('values without a JSON form, cycles and huge values neither throw nor flood', () => {
  const { log, lines } = logTo('json');
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  log.info('odd', {
    big: 1n,
    call: () => 1,
    cycle,
    long: 'x'.repeat(1_000_000),
    many: Array.from({ length: 9999 }, () => 1),
  });
  assert.equal(lines.length, 1);
  assert.ok((lines[0] ?? '').length < 6000);
});

test('a log file is private and holds JSON lines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-log-'));
  try {
    const path = join(folder, 'engine.log');
    const log = fileLog(path, clock);
    log.info('one');
    log.info('two');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const messages = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
    assert.deepEqual(messages, ['one', 'two']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

for (const { when, isTTY, env, expect } of [
  { when: 'nobody reads', isTTY: false, env: {}, expect: /^\{"ts"/ },
  { when: 'a person reads', isTTY: true, env: {}, expect: /^\p{Cc}\[2m03:04:05/u },
  {
    when: 'a person who wants no colour reads',
    isTTY: true,
    env: { NO_COLOR: '1' },
    expect: /^03:04:05\.678 I hello\n$/,
  },
]) {
  test(`where ${when}, the stream gets the form for it`, () => {
    const written: string[] = [];
    const stream = { isTTY, on() {}, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    streamLog(stream, env, clock).info('hello');
    assert.match(written.join(''), expect);
  });
}
