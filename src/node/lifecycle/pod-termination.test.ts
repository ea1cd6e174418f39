import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import type { Pod } from '../../api/schema/core-v1.ts';
import { VirtualClock } from '../../std/virtual-clock.ts';
import { PodTermination } from './pod-termination.ts';

interface Shape {
  /** Of a container, in the order of the pod; names that begin with `side` are sidecars. */
  readonly init?: readonly string[];
  readonly main: readonly string[];
  readonly preStopSeconds?: Readonly<Record<string, number>>;
  /** How long each takes after SIGTERM; at once when absent. */
  readonly drainSeconds?: Readonly<Record<string, number>>;
}

/** Lines `second container what`, until everything has ended. */
async function end(
  { init = [], main, preStopSeconds = {}, drainSeconds = {} }: Shape,
  graceSeconds: number,
  meanwhile: (termination: PodTermination, clock: VirtualClock) => void = () => {},
): Promise<readonly string[]> {
  const clock = new VirtualClock({ drain: () => setImmediate() });
  const lines: string[] = [];
  const say = (name: string, what: string): void => void lines.push(`${clock.now() / 1000} ${name} ${what}`);
  const container = (name: string): object => ({
    name,
    ...(name.startsWith('side') ? { restartPolicy: 'Always' } : {}),
    ...(preStopSeconds[name] === undefined
      ? {}
      : { lifecycle: { preStop: { sleep: { seconds: preStopSeconds[name] } } } }),
  });
  const pod = {
    metadata: { uid: 'u' },
    spec: { initContainers: init.map(container), containers: main.map(container) },
  } as unknown as Pod;
  const exits = new Map<string, PromiseWithResolvers<void>>();
  const termination = new PodTermination(
    { pod, podIP: '', running: new Set([...init, ...main]), graceSeconds },
    {
      clock,
      network: {} as never,
      runtime: {
        exec: () => Promise.reject(new Error('no commands here')),
        stopContainer(_uid, name, graceMs) {
          say(name, `TERM with ${graceMs / 1000}`);
          const exit = exits.get(name) ?? Promise.withResolvers<void>();
          exits.set(name, exit);
          const drainMs = (drainSeconds[name] ?? 0) * 1000;
          clock.after(Math.min(drainMs, graceMs), () => {
            if (exits.delete(name)) say(name, drainMs > graceMs ? 'KILL' : 'ended');
            exit.resolve();
          });
          return exit.promise;
        },
      },
      onHookFailure: ({ name }) => say(name, 'hook failed'),
    },
  );
  meanwhile(termination, clock);
  await clock.advance(300_000);
  await termination.done;
  return lines;
}

test('containers are asked at once, and killed when their grace is over', async () => {
  const lines = await end({ main: ['a', 'b'], drainSeconds: { a: 3, b: 60 } }, 30);
  assert.deepEqual(lines, ['0 a TERM with 30', '0 b TERM with 30', '3 a ended', '30 b KILL']);
});

test('the hook takes its whole seconds from the grace, and two are always left', async () => {
  assert.deepEqual(await end({ main: ['a'], preStopSeconds: { a: 12 }, drainSeconds: { a: 60 } }, 30), [
    '12 a TERM with 18',
    '30 a KILL',
  ]);
  assert.deepEqual(await end({ main: ['a'], preStopSeconds: { a: 100 }, drainSeconds: { a: 60 } }, 30), [
    '30 a TERM with 2',
    '32 a KILL',
  ]);
});

test('sidecars are asked after the main containers, the last that started first', async () => {
  const shape = { init: ['side1', 'side2'], main: ['a'], drainSeconds: { a: 5, side1: 1, side2: 2 } };
  assert.deepEqual(await end(shape, 30), [
    '0 a TERM with 30',
    '5 a ended',
    '5 side2 TERM with 25',
    '7 side2 ended',
    '7 side1 TERM with 23',
    '8 side1 ended',
  ]);
});

test('sidecars wait no longer than the grace', async () => {
  const shape = { init: ['side'], main: ['a'], drainSeconds: { a: 60, side: 60 } };
  assert.deepEqual(await end(shape, 10), ['0 a TERM with 10', '10 a KILL', '10 side TERM with 2', '12 side KILL']);
});

test('an init container that runs is asked at once', async () => {
  assert.deepEqual(await end({ init: ['i'], main: [], drainSeconds: { i: 1 } }, 30), ['0 i TERM with 30', '1 i ended']);
});

test('what is shortened while it runs its hook or ends is over sooner', async () => {
  const shorten = (atSeconds: number, graceSeconds: number) => (termination: PodTermination, clock: VirtualClock) =>
    void clock.after(atSeconds * 1000, () => termination.shorten(graceSeconds));
  const shape = { main: ['a'], preStopSeconds: { a: 50 }, drainSeconds: { a: 100 } };
  assert.deepEqual(await end(shape, 60, shorten(10, 5)), ['15 a TERM with 2', '17 a KILL']);
  assert.deepEqual(await end({ ...shape, preStopSeconds: {} }, 60, shorten(10, 5)), [
    '0 a TERM with 60',
    '10 a TERM with 5',
    '15 a KILL',
  ]);
  assert.deepEqual(await end({ ...shape, preStopSeconds: {} }, 20, shorten(10, 50)), ['0 a TERM with 20', '20 a KILL']);
});
