import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/schema/core-v1.ts';
import { coldStartOf, observeStart, type StartTimes } from './cold-start.ts';

const created = Date.parse('2026-01-01T12:00:00Z');
const text = (seconds: number): string => new Date(created + seconds * 1000).toISOString().replace('.000Z', 'Z');

/** A pod created at 12:00:00; the other steps as seconds after that, as the API tells them. */
function pod({ scheduled, started, ready }: { scheduled?: number; started?: number; ready?: number } = {}): Pod {
  return {
    metadata: { name: 'chat-1', uid: '1', resourceVersion: '1', creationTimestamp: text(0) },
    spec: { containers: [], ...(scheduled === undefined ? {} : { nodeName: 'node-1' }) },
    status: {
      phase: 'Pending',
      conditions: [
        ...(scheduled === undefined
          ? []
          : [{ type: 'PodScheduled', status: 'True', lastTransitionTime: text(scheduled) }]),
        ...(ready === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: text(ready) }]),
      ],
      ...(started === undefined ? {} : { containerStatuses: [{ state: { running: { startedAt: text(started) } } }] }),
    },
  } as unknown as Pod;
}

/** Looks at the pod at these moments, in milliseconds after its creation. */
function looked(...looks: readonly (readonly [atMs: number, state: Pod])[]): StartTimes | undefined {
  return looks.reduce<StartTimes | undefined>(
    (times, [atMs, state]) => observeStart(times, state, created + atMs),
    undefined,
  );
}

test('steps count from when they were seen, to the millisecond', () => {
  const times = looked(
    [120, pod()],
    [180, pod({ scheduled: 0 })],
    [700, pod({ scheduled: 0, started: 0 })],
    [1000, pod({ scheduled: 0, started: 0 })],
    [2650, pod({ scheduled: 0, started: 0, ready: 2 })],
    [9000, pod({ scheduled: 0, started: 0, ready: 2 })],
  );
  assert.deepEqual(coldStartOf(times!, undefined), {
    totalMs: 2530,
    phases: { scheduleMs: 60, startMs: 520, downloadMs: undefined, loadMs: 1950 },
  });
});

test('what a server says of its download is taken from its loading', () => {
  const times = { createdMs: 0, scheduledMs: 10, startedMs: 100, readyMs: 5100 };
  const phasesWith = (downloadMs: number): unknown =>
    coldStartOf(times, { phase: 'ready', durations: { downloadMs } })?.phases;
  assert.deepEqual(phasesWith(4000), { scheduleMs: 10, startMs: 90, downloadMs: 4000, loadMs: 1000 });
  assert.deepEqual(phasesWith(6000), { scheduleMs: 10, startMs: 90, downloadMs: 6000, loadMs: 0 });
});

test('a pod that is not ready has no cold start yet', () => {
  assert.equal(coldStartOf(looked([100, pod({ scheduled: 0, started: 0 })])!, undefined), undefined);
});

test('a pod that was ready at the first look has none at all', () => {
  assert.equal(looked([100, pod({ scheduled: 0, started: 0, ready: 0 })]), undefined);
});

test('when nobody looked from the beginning, the whole seconds of the API have to do', () => {
  const times = looked(
    [8000, pod({ scheduled: 1, started: 3 })],
    [12_345, pod({ scheduled: 1, started: 3, ready: 12 })],
  );
  assert.deepEqual(coldStartOf(times!, undefined), {
    totalMs: 12_345,
    phases: { scheduleMs: 1000, startMs: 2000, downloadMs: undefined, loadMs: 9345 },
  });
});

test('a pod that becomes unready and ready again keeps its first start', () => {
  const start = looked([0, pod({ scheduled: 0, started: 0 })], [2000, pod({ scheduled: 0, started: 0, ready: 2 })]);
  const later = observeStart(
    observeStart(start, pod({ scheduled: 0 }), created + 5000),
    pod({ scheduled: 0, ready: 9 }),
    created + 9000,
  );
  assert.equal(coldStartOf(later!, undefined)?.totalMs, 2000);
});

test('a clock that steps back makes no negative times', () => {
  const { totalMs, phases } = coldStartOf(
    { createdMs: 500, scheduledMs: 400, startedMs: 300, readyMs: 200 },
    undefined,
  )!;
  assert.deepEqual([totalMs, phases.scheduleMs, phases.startMs, phases.loadMs], [0, 0, 0, 0]);
});

test('times are whole milliseconds, whatever the clock', () => {
  const times = { createdMs: 0.25, scheduledMs: 1.5, startedMs: 3.9, readyMs: 10.1 };
  assert.deepEqual(coldStartOf(times, { phase: 'ready', durations: { downloadMs: 2 } }), {
    totalMs: 10,
    phases: { scheduleMs: 1, startMs: 2, downloadMs: 2, loadMs: 4 },
  });
});
