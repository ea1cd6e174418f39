import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import type { Container, LifecycleHandler, Pod } from '../../api/schema/core-v1.ts';
import { VirtualClock } from '../../std/virtual-clock.ts';
import type { ProbeResult } from '../prober.ts';
import { runHook } from './hook.ts';

const pod = { metadata: { uid: 'u', namespace: 'n', name: 'p' } } as unknown as Pod;
const container = { name: 'c', ports: [{ name: 'http', containerPort: 8080 }] } as unknown as Container;

async function run(
  handler: LifecycleHandler,
  { exitCode = 0, answer, throws }: { exitCode?: number; answer?: ProbeResult; throws?: string } = {},
): Promise<{ why: string | undefined; seconds: number }> {
  const clock = new VirtualClock({ drain: () => setImmediate() });
  let endedMs: number | undefined;
  const running = runHook(
    handler,
    { pod, container, podIP: '10.0.0.2' },
    {
      clock,
      network: {
        httpGet: () => Promise.resolve(answer ?? { outcome: 'success', output: '' }),
        tcpSocket: () => Promise.reject(new Error('not asked')),
      },
      runtime: {
        exec: () =>
          throws === undefined
            ? Promise.resolve({ exitCode, output: 'words', timedOut: false })
            : Promise.reject(new Error(throws)),
      },
    },
  ).finally(() => {
    endedMs = clock.now();
  });
  await clock.advance(60_000);
  const why = await running;
  return { why, seconds: (endedMs ?? NaN) / 1000 };
}

const exec = { command: ['sh', '-c', 'x'] };
const httpGet = { port: 'http', path: '/stop' };
const status = (code: number): ProbeResult => ({ outcome: 'failure', output: `statuscode: ${code}`, statusCode: code });

test('a command that ends well is a success, one that does not says how', async () => {
  assert.equal((await run({ exec })).why, undefined);
  assert.equal(
    (await run({ exec }, { exitCode: 2 })).why,
    'Exec lifecycle hook ([sh -c x]) for Container "c" in Pod "p_n(u)" failed - error: ' +
      `command 'sh -c x' exited with 2: words, message: "words"`,
  );
});

test('any answer to an HTTP hook is a success, whatever its status; none is a failure', async () => {
  assert.equal((await run({ httpGet })).why, undefined);
  assert.equal((await run({ httpGet }, { answer: status(500) })).why, undefined);
  assert.equal(
    (await run({ httpGet }, { answer: { outcome: 'failure', output: 'connection refused' } })).why,
    'HTTP lifecycle hook (/stop) for Container "c" in Pod "p_n(u)" failed - error: connection refused',
  );
  assert.match((await run({ httpGet: { port: 'gone' } })).why ?? '', /invalid port number: gone/);
});

test('a sleep takes its time', async () =>
  assert.deepEqual(await run({ sleep: { seconds: 7 } }), { why: undefined, seconds: 7 }));

test('what cannot be run is a failure and no exception', async () => {
  assert.match((await run({ exec }, { throws: 'not running' })).why ?? '', /failed - error: not running$/);
  assert.equal((await run({})).why, 'Cannot run handler: invalid handler');
});
