import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/schema/core-v1.ts';
import { decide, type ObservedContainer, type PodPlan } from './decide.ts';

const base: ObservedContainer = {
  state: 'running',
  exitCode: 0,
  isOutdated: false,
  liveness: undefined,
  startup: undefined,
};
const running = base;
const exited = (exitCode: number): ObservedContainer => ({ ...base, state: 'exited', exitCode });
const with_ = (change: Partial<ObservedContainer>): ObservedContainer => ({ ...base, ...change });

/** `init` names: those that begin with `side` are sidecars. */
function pod({
  init = [],
  main = ['a'],
  restartPolicy = 'Always',
  probed = [],
}: {
  init?: readonly string[];
  main?: readonly string[];
  restartPolicy?: string;
  probed?: readonly string[];
}): Pod {
  const container = (name: string): object => ({
    name,
    resources: {},
    ...(name.startsWith('side') ? { restartPolicy: 'Always' } : {}),
    ...(probed.includes(name) ? { startupProbe: {} } : {}),
  });
  return {
    metadata: {},
    spec: { restartPolicy, initContainers: init.map(container), containers: main.map(container) },
  } as unknown as Pod;
}

/** `sandbox+a!b` : start a after making the sandbox, kill b; `over` when the pod has come to its end. */
function text({ isOver, createSandbox, start, kill }: PodPlan): string {
  if (isOver) return 'over';
  const parts = [
    ...(createSandbox ? ['sandbox'] : []),
    ...start.map((name) => `+${name}`),
    ...kill.map(({ container, restart }) => `!${container}${restart ? '' : ' for good'}`),
  ];
  return parts.length === 0 ? 'nothing' : parts.join(' ');
}

interface Case {
  readonly when: string;
  readonly pod: Pod;
  readonly there?: Readonly<Record<string, ObservedContainer>>;
  readonly hasSandbox?: boolean;
  readonly mustRestart?: readonly string[];
  readonly then: string;
}

const cases: readonly Case[] = [
  { when: 'the pod is new', pod: pod({ main: ['a', 'b'] }), hasSandbox: false, then: 'sandbox +a +b' },
  { when: 'a new pod has init containers', pod: pod({ init: ['i', 'j'] }), hasSandbox: false, then: 'sandbox +i' },
  { when: 'there is only the sandbox', pod: pod({}), then: '+a' },
  { when: 'all runs', pod: pod({ main: ['a', 'b'] }), there: { a: running, b: running }, then: 'nothing' },
  { when: 'one of two exited', pod: pod({ main: ['a', 'b'] }), there: { a: exited(1), b: running }, then: '+a' },
  { when: 'it ended well', pod: pod({ restartPolicy: 'OnFailure' }), there: { a: exited(0) }, then: 'over' },
  { when: 'it failed and may again', pod: pod({ restartPolicy: 'OnFailure' }), there: { a: exited(1) }, then: '+a' },
  { when: 'it failed for good', pod: pod({ restartPolicy: 'Never' }), there: { a: exited(1) }, then: 'over' },
  {
    when: 'one of two has ended for good and the other runs',
    pod: pod({ restartPolicy: 'Never', main: ['a', 'b'] }),
    there: { a: exited(1), b: running },
    then: 'nothing',
  },
  { when: 'liveness failed', pod: pod({}), there: { a: with_({ liveness: false }) }, then: '!a' },
  {
    when: 'liveness failed and nothing restarts',
    pod: pod({ restartPolicy: 'Never' }),
    there: { a: with_({ liveness: false }) },
    then: 'over',
  },
  {
    when: 'liveness failed for good while another runs',
    pod: pod({ restartPolicy: 'Never', main: ['a', 'b'] }),
    there: { a: with_({ liveness: false }), b: running },
    then: '!a for good',
  },
  { when: 'startup failed', pod: pod({}), there: { a: with_({ startup: false }) }, then: '!a' },
  {
    when: 'the image was changed, even where nothing restarts',
    pod: pod({ restartPolicy: 'Never' }),
    there: { a: with_({ isOutdated: true }) },
    then: '!a',
  },
  {
    when: 'it was killed to be restarted and exited well',
    pod: pod({ restartPolicy: 'OnFailure' }),
    there: { a: exited(0) },
    mustRestart: ['a'],
    then: '+a',
  },
  {
    when: 'the sandbox is gone and all ended well',
    pod: pod({ restartPolicy: 'OnFailure' }),
    hasSandbox: false,
    there: { a: exited(0) },
    then: 'over',
  },
  {
    when: 'the sandbox is gone and it may run again',
    pod: pod({ init: ['i'] }),
    hasSandbox: false,
    there: { i: exited(0), a: exited(137) },
    then: 'sandbox +i',
  },
  { when: 'the first init container runs', pod: pod({ init: ['i', 'j'] }), there: { i: running }, then: 'nothing' },
  { when: 'the first init container is done', pod: pod({ init: ['i', 'j'] }), there: { i: exited(0) }, then: '+j' },
  {
    when: 'the last init container is done',
    pod: pod({ init: ['i', 'j'], main: ['a', 'b'] }),
    there: { i: exited(0), j: exited(0) },
    then: '+a +b',
  },
  { when: 'an init container failed', pod: pod({ init: ['i', 'j'] }), there: { i: exited(1) }, then: '+i' },
  {
    when: 'an init container failed for good',
    pod: pod({ init: ['i'], restartPolicy: 'Never' }),
    there: { i: exited(1) },
    then: 'over',
  },
  {
    when: 'the pod runs and its init containers are forgotten',
    pod: pod({ init: ['i', 'j'] }),
    there: { a: running },
    then: 'nothing',
  },
  {
    when: 'a sidecar started: the next comes beside it',
    pod: pod({ init: ['side', 'j'] }),
    there: { side: running },
    then: '+j',
  },
  {
    when: 'a sidecar has not passed its startup probe',
    pod: pod({ init: ['side'], probed: ['side'] }),
    there: { side: running },
    then: 'nothing',
  },
  {
    when: 'a sidecar passed its startup probe',
    pod: pod({ init: ['side'], probed: ['side'] }),
    there: { side: with_({ startup: true }) },
    then: '+a',
  },
  {
    when: 'a sidecar failed its startup probe',
    pod: pod({ init: ['side'], probed: ['side'] }),
    there: { side: with_({ startup: false }) },
    then: '!side',
  },
  {
    when: 'a sidecar exits beside the main container',
    pod: pod({ init: ['side'], restartPolicy: 'Never' }),
    there: { side: exited(0), a: running },
    then: '+side',
  },
  {
    when: 'a sidecar is forgotten beside the main container',
    pod: pod({ init: ['side', 'j'] }),
    there: { a: running },
    then: '+side',
  },
  {
    when: 'a sidecar fails its liveness probe',
    pod: pod({ init: ['side'] }),
    there: { side: with_({ liveness: false }), a: running },
    then: '!side',
  },
  {
    when: 'only a sidecar is left',
    pod: pod({ init: ['side'], restartPolicy: 'Never' }),
    there: { side: running, a: exited(0) },
    then: 'over',
  },
  {
    when: 'a sidecar exited before the pod was initialized',
    pod: pod({ init: ['side', 'j'] }),
    there: { side: exited(1), j: running },
    then: '+side',
  },
];

for (const { when, then, there = {}, hasSandbox = true, mustRestart = [], ...rest } of cases)
  test(`when ${when}: ${then}`, () => {
    const plan = decide({
      pod: rest.pod,
      hasSandbox,
      containers: new Map(Object.entries(there)),
      mustRestart: new Set(mustRestart),
    });
    assert.equal(text(plan), then);
  });

test('kills say why in words', () => {
  const observed = {
    pod: pod({ main: ['a', 'b', 'c'] }),
    hasSandbox: true,
    mustRestart: new Set<string>(),
    containers: new Map([
      ['a', with_({ liveness: false })],
      ['b', with_({ startup: false })],
      ['c', with_({ isOutdated: true })],
    ]),
  };
  assert.deepEqual(
    decide(observed).kill.map(({ message }) => message),
    [
      'Container a failed liveness probe, will be restarted',
      'Container b failed startup probe, will be restarted',
      'Container c definition changed, will be restarted',
    ],
  );
});
