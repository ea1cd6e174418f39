import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod } from '../../api/schema/core-v1.ts';
import { podPhase } from './phase.ts';

/** State of a container in a word: `ok`/`bad` ended, `loop` waits after a failure, `up` has passed its startup probe. */
type Word = 'waiting' | 'running' | 'up' | 'ok' | 'bad' | 'loop' | 'empty';

const states: Readonly<Record<Word, Partial<ContainerStatus>>> = {
  waiting: { state: { waiting: { reason: 'ContainerCreating' } }, lastState: {} },
  running: { state: { running: {} }, lastState: {}, started: false },
  up: { state: { running: {} }, lastState: {}, started: true },
  ok: { state: { terminated: { exitCode: 0 } }, lastState: {} },
  bad: { state: { terminated: { exitCode: 1 } }, lastState: {} },
  loop: { state: { waiting: {} }, lastState: { terminated: { exitCode: 1 } } },
  empty: { state: {}, lastState: {} },
};

interface Case {
  readonly policy: 'Always' | 'OnFailure' | 'Never';
  readonly main: readonly (Word | undefined)[];
  readonly init?: readonly (Word | undefined)[];
  readonly sidecars?: readonly (Word | undefined)[];
  readonly isTerminal?: boolean;
  readonly hasInitialized?: boolean;
  readonly phase: string;
}

// After the tables of TestPodPhase… in pkg/kubelet/kubelet_pods_test.go.
const cases: readonly Case[] = [
  { policy: 'Always', main: [undefined, undefined], phase: 'Pending' },
  { policy: 'Always', main: ['waiting', 'waiting'], phase: 'Pending' },
  { policy: 'Always', main: ['running', 'running'], phase: 'Running' },
  { policy: 'Always', main: ['bad', 'ok'], phase: 'Running' },
  { policy: 'Always', main: ['ok', 'ok'], isTerminal: true, phase: 'Succeeded' },
  { policy: 'Always', main: ['ok', 'bad'], isTerminal: true, phase: 'Failed' },
  { policy: 'Always', main: ['running', 'bad'], phase: 'Running' },
  { policy: 'Always', main: ['running', undefined], phase: 'Pending' },
  { policy: 'Always', main: ['running', 'waiting'], phase: 'Pending' },
  { policy: 'Always', main: ['running', 'loop'], phase: 'Running' },
  { policy: 'Always', main: ['loop', 'loop'], phase: 'Running' },
  { policy: 'Always', main: ['running', 'empty'], phase: 'Pending' },
  { policy: 'OnFailure', main: ['ok', 'ok'], phase: 'Succeeded' },
  { policy: 'OnFailure', main: ['ok', 'bad'], phase: 'Running' },
  { policy: 'OnFailure', main: ['bad', 'bad'], phase: 'Running' },
  { policy: 'OnFailure', main: ['bad', 'bad'], isTerminal: true, phase: 'Failed' },
  { policy: 'OnFailure', main: ['running', 'loop'], phase: 'Running' },
  { policy: 'Never', main: ['ok', 'ok'], phase: 'Succeeded' },
  { policy: 'Never', main: ['bad', 'ok'], phase: 'Failed' },
  { policy: 'Never', main: ['running', 'bad'], phase: 'Running' },
  { policy: 'Never', main: ['ok', undefined], phase: 'Pending' },
  { policy: 'Always', init: ['running'], main: ['waiting'], phase: 'Pending' },
  { policy: 'Always', init: ['waiting'], main: [undefined], phase: 'Pending' },
  { policy: 'Always', init: [undefined], main: [undefined], phase: 'Pending' },
  { policy: 'Always', init: ['ok'], main: ['waiting'], phase: 'Pending' },
  { policy: 'Always', init: ['ok'], main: ['running'], phase: 'Running' },
  { policy: 'Always', init: ['bad'], main: ['waiting'], phase: 'Pending' },
  { policy: 'Never', init: ['bad'], main: ['waiting'], phase: 'Failed' },
  { policy: 'Never', init: ['loop'], main: ['waiting'], phase: 'Failed' },
  { policy: 'Never', init: ['ok', 'running'], main: ['waiting'], phase: 'Pending' },
  { policy: 'Always', sidecars: ['running'], main: [undefined, undefined], phase: 'Pending' },
  { policy: 'Always', sidecars: ['bad'], main: [undefined], phase: 'Pending' },
  { policy: 'Always', sidecars: ['up'], main: ['running', undefined], hasInitialized: true, phase: 'Pending' },
  { policy: 'Always', sidecars: ['up'], main: ['running', 'running'], hasInitialized: true, phase: 'Running' },
  { policy: 'Always', sidecars: ['running'], main: ['running'], hasInitialized: true, phase: 'Running' },
  { policy: 'Always', sidecars: ['running'], main: ['running'], hasInitialized: false, phase: 'Pending' },
  { policy: 'Always', sidecars: ['bad'], main: ['running'], hasInitialized: true, phase: 'Running' },
  { policy: 'Always', sidecars: ['loop'], main: ['running'], hasInitialized: true, phase: 'Running' },
  { policy: 'Never', sidecars: ['up'], main: ['ok'], hasInitialized: true, phase: 'Running' },
  { policy: 'Never', sidecars: ['bad'], main: ['ok'], hasInitialized: true, phase: 'Succeeded' },
  { policy: 'Always', sidecars: ['bad'], main: ['ok'], isTerminal: true, hasInitialized: true, phase: 'Succeeded' },
];

for (const { policy, main, init = [], sidecars = [], isTerminal = false, hasInitialized = false, phase } of cases) {
  const title = [
    policy,
    ...init.map((word) => `init ${word}`),
    ...sidecars.map((word) => `sidecar ${word}`),
    ...main,
    ...(isTerminal ? ['at the end'] : []),
  ].join(', ');
  test(`${title}: ${phase}`, () => {
    const named = (prefix: string, words: readonly (Word | undefined)[]) =>
      words.map((word, index) => ({ name: `${prefix}${index}`, word }));
    const all = [...named('i', init), ...named('s', sidecars), ...named('m', main)];
    const pod = {
      spec: {
        restartPolicy: policy,
        initContainers: [
          ...named('i', init).map(({ name }) => ({ name })),
          ...named('s', sidecars).map(({ name }) => ({ name, restartPolicy: 'Always' })),
        ],
        containers: named('m', main),
      },
    } as unknown as Pod;
    const statuses = all.flatMap(({ name, word }) =>
      word === undefined ? [] : [{ name, ...states[word] } as ContainerStatus],
    );
    assert.equal(podPhase({ pod, statuses, isTerminal, hasInitialized }), phase);
  });
}
