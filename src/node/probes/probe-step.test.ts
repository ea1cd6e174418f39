import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Probe } from '../../api/schema/core-v1.ts';
import type { ProbeType } from './probe-results.ts';
import { afterProbe, beforeProbe, noMemory, type ProbeSight } from './probe-step.ts';

const startedAt = '2026-01-01T00:00:00Z';
const startMs = Date.parse(startedAt);

function status(change: Partial<ContainerStatus> = {}): ContainerStatus {
  return {
    name: 'c',
    containerID: 'x://1',
    state: { running: { startedAt } },
    started: true,
    ...change,
  } as ContainerStatus;
}

const exited = { terminated: { exitCode: 1 } };

function sight(type: ProbeType, change: Partial<ProbeSight> = {}): ProbeSight {
  return {
    type,
    probe: {},
    isPodTerminal: false,
    isPodDeleting: false,
    status: status(type === 'startup' ? { started: false } : {}),
    isOver: false,
    nowMs: startMs + 5000,
    isAdopted: false,
    ...change,
  };
}

interface Case {
  readonly when: string;
  readonly sight: ProbeSight;
  readonly then: readonly [next: string, verdict: string | undefined];
}

const adopted = { isAdopted: true };

const cases: readonly Case[] = [
  {
    when: 'the container is not made yet',
    sight: sight('readiness', { status: undefined }),
    then: ['wait', undefined],
  },
  {
    when: 'the container has no id yet',
    sight: sight('readiness', { status: status({ containerID: '' }) }),
    then: ['wait', undefined],
  },
  { when: 'the pod is terminal', sight: sight('readiness', { isPodTerminal: true }), then: ['stop', undefined] },
  { when: 'readiness begins', sight: sight('readiness'), then: ['probe', 'failure'] },
  { when: 'liveness begins', sight: sight('liveness'), then: ['probe', 'success'] },
  { when: 'startup begins', sight: sight('startup'), then: ['probe', 'unknown'] },
  { when: 'startup has been passed', sight: sight('startup', { status: status() }), then: ['wait', 'unknown'] },
  {
    when: 'readiness must wait for startup',
    sight: sight('readiness', { status: status({ started: false }) }),
    then: ['wait', 'failure'],
  },
  {
    when: 'liveness must wait for startup',
    sight: sight('liveness', { status: status({ started: undefined }) }),
    then: ['wait', 'success'],
  },
  {
    when: 'the initial delay is not over, in whole seconds',
    sight: sight('readiness', { probe: { initialDelaySeconds: 6 }, nowMs: startMs + 5999 }),
    then: ['wait', 'failure'],
  },
  {
    when: 'the initial delay is just over',
    sight: sight('readiness', { probe: { initialDelaySeconds: 6 }, nowMs: startMs + 6000 }),
    then: ['probe', 'failure'],
  },
  {
    when: 'the container exited and will run again',
    sight: sight('liveness', { status: status({ state: exited }) }),
    then: ['wait', 'failure'],
  },
  {
    when: 'the container exited for good',
    sight: sight('readiness', { status: status({ state: exited }), isOver: true }),
    then: ['stop', 'failure'],
  },
  {
    when: 'the pod is being deleted: liveness ends quietly',
    sight: sight('liveness', { isPodDeleting: true }),
    then: ['stop', 'success'],
  },
  {
    when: 'the pod is being deleted: startup ends quietly',
    sight: sight('startup', { isPodDeleting: true }),
    then: ['stop', 'success'],
  },
  {
    when: 'the pod is being deleted: readiness goes on',
    sight: sight('readiness', { isPodDeleting: true }),
    then: ['probe', 'failure'],
  },
  {
    when: 'the container is adopted: readiness is left as it was',
    sight: sight('readiness', adopted),
    then: ['probe', undefined],
  },
  {
    when: 'the container is adopted, and had started',
    sight: sight('startup', { ...adopted, status: status() }),
    then: ['wait', 'success'],
  },
  {
    when: 'the container is adopted, and had not started',
    sight: sight('startup', adopted),
    then: ['probe', undefined],
  },
];

for (const { when, sight: seen, then } of cases)
  test(`when ${when}: ${then[0]}, ${then[1] ?? 'no verdict'}`, () => {
    const { next, verdict } = beforeProbe(noMemory, seen);
    assert.deepEqual([next, verdict], then);
  });

test('a new container is probed anew, and the old one is forgotten', () => {
  const memory = { containerID: 'x://0', last: 'failure', run: 1, isOnHold: true } as const;
  const step = beforeProbe(memory, sight('liveness'));
  assert.deepEqual([step.next, step.forget, step.verdict, step.memory.isOnHold], ['probe', 'x://0', 'success', false]);
});

test('a probe on hold waits for a new container', () => {
  const memory = { containerID: 'x://1', last: 'failure', run: 0, isOnHold: true } as const;
  assert.deepEqual(beforeProbe(memory, sight('liveness')).next, 'wait');
});

/** s and f are findings; the answer has S or F where the verdict changes, . where it does not, and ! once on hold. */
function verdicts(type: ProbeType, probe: Probe, found: string): string {
  let memory = noMemory;
  return found
    .split('')
    .map((letter) => {
      const step = afterProbe(memory, letter === 's' ? 'success' : 'failure', { type, probe });
      memory = step.memory;
      const text = step.verdict === undefined ? '.' : step.verdict === 'success' ? 'S' : 'F';
      return memory.isOnHold ? `${text}!` : text;
    })
    .join('');
}

test('only as many equal findings as the threshold change a verdict', () => {
  const thresholds = { failureThreshold: 3, successThreshold: 2 };
  assert.equal(verdicts('readiness', thresholds, 'ssffsfffffss'), '.S.....FFF.S');
  assert.equal(verdicts('readiness', { failureThreshold: 1, successThreshold: 1 }, 'fsfs'), 'FSFS');
  assert.equal(verdicts('readiness', {}, 'ffff'), '..FF');
});

test('a failed liveness probe and any startup verdict put the probe on hold', () => {
  assert.equal(verdicts('liveness', { failureThreshold: 2, successThreshold: 1 }, 'sff'), 'S.F!');
  assert.equal(verdicts('startup', { failureThreshold: 2, successThreshold: 1 }, 'fs'), '.S!');
  assert.equal(verdicts('startup', { failureThreshold: 2, successThreshold: 1 }, 'ff'), '.F!');
});
