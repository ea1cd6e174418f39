import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlagError, helpText, parseFlags } from './flags.ts';

const flags = {
  model: { kind: 'text', help: 'what to serve' },
  host: { kind: 'text', help: 'where', default: '127.0.0.1' },
  port: { kind: 'whole', help: 'the port', least: 0, most: 65_535, default: 8000 },
  wait: { kind: 'number', help: 'seconds', least: 0, most: 10 },
} as const;

test('flags are read in both spellings; what is not told has its default or none', () => {
  assert.deepEqual(parseFlags(flags, ['--model', 'm', '--port=0', '--wait', '1.5']), {
    model: 'm',
    host: '127.0.0.1',
    port: 0,
    wait: 1.5,
  });
  assert.deepEqual(parseFlags(flags, []), { model: undefined, host: '127.0.0.1', port: 8000, wait: undefined });
});

for (const [args, message] of [
  [['--modell', 'x'], /--modell/],
  [['--model'], /--model/],
  [['x'], /Unexpected argument 'x'/],
  [['--port', '70000'], /--port must be a whole number from 0 to 65535, not "70000"/],
  [['--port', '1.5'], /--port must be a whole number/],
  [['--port', ''], /--port must be/],
  [['--port', '0x10 y'], /--port must be/],
  [['--wait', '-1'], /--wait/],
  [['--wait=11'], /--wait must be a number from 0 to 10/],
  [['--wait', 'NaN'], /--wait must be/],
] as const) {
  test(`${JSON.stringify(args)} is refused`, () => {
    assert.throws(
      () => parseFlags(flags, args),
      (error) => error instanceof FlagError && message.test(error.message) && !error.message.includes('\n'),
    );
  });
}

test('help has a line for each flag with its default', () => {
  assert.equal(
    helpText('usage: x', flags),
    `usage: x

  --model X    what to serve
  --host X     where (127.0.0.1)
  --port N     the port (8000)
  --wait N     seconds
`,
  );
});
