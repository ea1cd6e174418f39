import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogOptions } from '../../node/container-runtime.ts';
import { systemClock } from '../system-clock.ts';
import { CriLogWriter, rfc3339Nano } from './cri-log-writer.ts';
import { readLogs } from './cri-log-reader.ts';

const begun = Date.parse('2026-01-02T03:04:05Z');

/** A writer's clock: a microsecond a look. */
function ticking(): () => string {
  let micros = 0;
  return () => rfc3339Nano(begun + ++micros / 1000);
}

async function withFolder<T>(run: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-logs-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const plain: LogOptions = { previous: false, follow: false, timestamps: false };

async function read(folder: string, options: Partial<LogOptions> = {}, attempt = 0): Promise<string> {
  const source = { folder, attempt, hasEnded: () => true, onChange: () => () => {}, clock: systemClock };
  const chunks: Uint8Array[] = [];
  for await (const chunk of readLogs(source, { ...plain, ...options }, new AbortController().signal))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function write(
  folder: string,
  chunks: readonly ['stdout' | 'stderr', string | Buffer][],
  limits?: { fileBytesMax: number; filesMax: number },
): void {
  const log = new CriLogWriter(folder, 0, { now: ticking(), ...(limits === undefined ? {} : { limits }) });
  for (const [stream, chunk] of chunks) log.write(stream, Buffer.from(chunk));
  log.close();
}

test('lines are written with time, stream and tag, and a last line without an end is written too', async () => {
  await withFolder((folder) => {
    write(folder, [
      ['stdout', 'one\ntw'],
      ['stderr', 'oops\n'],
      ['stdout', 'o\n\nlast'],
    ]);
    assert.deepEqual(readFileSync(join(folder, '0.log'), 'utf8').split('\n'), [
      '2026-01-02T03:04:05.000001000Z stdout F one',
      '2026-01-02T03:04:05.000002000Z stderr F oops',
      '2026-01-02T03:04:05.000003000Z stdout F two',
      '2026-01-02T03:04:05.000003000Z stdout F ',
      '2026-01-02T03:04:05.000004000Z stdout F last',
      '',
    ]);
  });
});

test('a line of a hundred thousand bytes is written in partial pieces and read whole', async () => {
  await withFolder(async (folder) => {
    const long = 'ä'.repeat(50_000);
    write(folder, [['stdout', `${long}\nshort\n`]]);
    const tags = readFileSync(join(folder, '0.log'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[2]);
    assert.deepEqual(tags, ['P', 'P', 'P', 'P', 'P', 'P', 'F', 'F']);
    assert.equal(await read(folder), `${long}\nshort\n`);
    assert.equal((await read(folder, { timestamps: true })).split('2026-').length, 3);
  });
});

test('whatever a container writes, in whatever pieces, is read back', async () => {
  const piece = fc.tuple(
    fc.constantFrom<'stdout'>('stdout'),
    fc.string({ unit: fc.constantFrom('a', '\n', ' ', 'é', '\r'), maxLength: 200 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 20 }),
      fc.integer({ min: 200, max: 2000 }),
      async (pieces, fileBytesMax) => {
        await withFolder(async (folder) => {
          write(folder, pieces, { fileBytesMax, filesMax: 1000 });
          const text = pieces.map(([, chunk]) => chunk).join('');
          assert.equal(await read(folder), text === '' || text.endsWith('\n') ? text : `${text}\n`);
        });
      },
    ),
    { numRuns: 50 },
  );
});

test('a full file is rotated away, only so many are kept, and all that are kept are read', async () => {
  await withFolder(async (folder) => {
    const lines = Array.from({ length: 100 }, (_, i) => `line ${String(i).padStart(3, '0')}\n`);
    write(
      folder,
      lines.map((line) => ['stdout', line]),
      { fileBytesMax: 500, filesMax: 3 },
    );
    const names = readdirSync(folder).toSorted();
    assert.equal(names.length, 3);
    assert.match(names[1] ?? '', /^0\.log\.20260102-030405\.\d{6}$/);
    const text = await read(folder);
    assert.ok(lines.join('').endsWith(text));
    assert.ok(text.length > 200 && text.length < 600);
    assert.equal(await read(folder, { tailLines: 20 }), lines.slice(-20).join(''));
    assert.equal(await read(folder, { tailLines: 1 }), lines.slice(-1).join(''));
  });
});

const lines = ['a', 'bb', 'ccc', 'dddd'];
const options: readonly { when: string; options: Partial<LogOptions>; expect: string }[] = [
  { when: 'the tail is zero', options: { tailLines: 0 }, expect: '' },
  { when: 'the tail is two', options: { tailLines: 2 }, expect: 'ccc\ndddd\n' },
  { when: 'the tail is longer than the log', options: { tailLines: 9 }, expect: 'a\nbb\nccc\ndddd\n' },
  { when: 'bytes are limited', options: { limitBytes: 6 }, expect: 'a\nbb\nc' },
  { when: 'no bytes are wanted', options: { limitBytes: 0 }, expect: '' },
  { when: 'only the newer half is wanted', options: { sinceMs: begun + 0.003 }, expect: 'ccc\ndddd\n' },
  { when: 'the future is wanted', options: { sinceMs: begun + 1000 }, expect: '' },
  {
    when: 'times are wanted',
    options: { timestamps: true, tailLines: 1 },
    expect: '2026-01-02T03:04:05.000004000Z dddd\n',
  },
];
for (const { when, options: chosen, expect } of options) {
  test(`when ${when}, the reader gets just that`, async () => {
    await withFolder(async (folder) => {
      write(
        folder,
        lines.map((line) => ['stdout', `${line}\n`]),
      );
      assert.equal(await read(folder, chosen), expect);
    });
  });
}

test('torn and foreign lines are left out', async () => {
  await withFolder(async (folder) => {
    const good = '2026-01-02T03:04:05.000004000Z stdout F good';
    writeFileSync(
      join(folder, '0.log'),
      `garbage\n\n2026-01-02T03:04 stdout\n${good}\nx stdout F no time\n2026-01-02T03:04:05Z stdin F no\n`,
    );
    assert.equal(await read(folder), 'good\n');
  });
});

test('attempts have logs of their own, and those before the previous one are removed', async () => {
  await withFolder(async (folder) => {
    for (const attempt of [0, 1, 2]) {
      const log = new CriLogWriter(folder, attempt, { now: ticking() });
      log.write('stdout', Buffer.from(`attempt ${attempt}\n`));
      log.close();
    }
    assert.deepEqual(readdirSync(folder).toSorted(), ['1.log', '2.log']);
    assert.equal(await read(folder, {}, 1), 'attempt 1\n');
  });
});

test('a follower sees what comes, over rotations, until the container has ended', async () => {
  await withFolder(async (folder) => {
    let hasEnded = false;
    const listeners = new Set<() => void>();
    const source = {
      folder,
      attempt: 0,
      hasEnded: () => hasEnded,
      onChange: (listener: () => void) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      clock: systemClock,
    };
    const log = new CriLogWriter(folder, 0, { now: ticking(), limits: { fileBytesMax: 300, filesMax: 100 } });
    log.write('stdout', Buffer.from('line 0\n'));
    let seen = '';
    let next = 1;
    for await (const chunk of readLogs(source, { ...plain, follow: true }, new AbortController().signal)) {
      seen += Buffer.from(chunk).toString('utf8');
      // Each answer causes the next line: a follower that stalls would hang here.
      if (seen.endsWith(`line ${next - 1}\n`)) {
        if (next < 30) log.write('stdout', Buffer.from(`line ${next++}\n`));
        else if (!hasEnded) {
          hasEnded = true;
          for (const listener of listeners) listener();
        }
      }
    }
    log.close();
    assert.equal(seen, Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join(''));
    assert.equal(listeners.size, 0);
    assert.ok(readdirSync(folder).length > 3);
  });
});

test('a follower that goes away leaves nothing behind', async () => {
  await withFolder(async (folder) => {
    const stopping = new AbortController();
    let subscribed = 0;
    const source = {
      folder,
      attempt: 0,
      hasEnded: () => false,
      onChange: () => (subscribed++, () => void subscribed--),
      clock: systemClock,
    };
    write(folder, [['stdout', 'one\n']]);
    const seen: string[] = [];
    for await (const chunk of readLogs(source, { ...plain, follow: true }, stopping.signal)) {
      seen.push(Buffer.from(chunk).toString('utf8'));
      stopping.abort();
    }
    assert.deepEqual([seen, subscribed], [['one\n'], 0]);
  });
});

test('a log that can no longer be rotated loses lines and nothing else', async () => {
  await withFolder((folder) => {
    const log = new CriLogWriter(folder, 0, { now: ticking(), limits: { fileBytesMax: 100, filesMax: 2 } });
    log.write('stdout', Buffer.from('one\n'));
    rmSync(folder, { recursive: true });
    assert.doesNotThrow(() => {
      log.write('stdout', Buffer.from(`${'x'.repeat(200)}\n`));
      log.write('stdout', Buffer.from('after\n'));
      log.close();
    });
  });
});
