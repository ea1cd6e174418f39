import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { hourMs, minuteMs, secondMs } from '../../std/clock.ts';
import { compareVictims, victims } from './victims.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

interface Traits {
  readonly node?: string;
  readonly phase?: string;
  readonly readyForMs?: number;
  readonly ageMs?: number;
  readonly cost?: string;
  readonly restarts?: number;
  readonly sidecarRestarts?: number;
  readonly uid?: string;
}

function podWith(traits: Traits): Pod {
  const {
    node = 'n',
    phase = 'Running',
    readyForMs,
    ageMs = hourMs,
    cost,
    restarts = 0,
    sidecarRestarts = 0,
    uid = 'u',
  } = traits;
  const restarted = (name: string, restartCount: number): ContainerStatus => ({
    name,
    restartCount,
    ready: true,
    state: {},
    lastState: {},
    image: '',
    imageID: '',
  });
  return {
    metadata: {
      name: uid,
      uid,
      resourceVersion: '1',
      creationTimestamp: timestamp(nowMs - ageMs),
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: {
      nodeName: node,
      containers: [],
      initContainers: [{ name: 'side', restartPolicy: 'Always', image: '', resources: {} }],
    },
    status: {
      phase,
      conditions:
        readyForMs === undefined
          ? [{ type: 'Ready', status: 'False' }]
          : [{ type: 'Ready', status: 'True', lastTransitionTime: timestamp(nowMs - readyForMs) }],
      containerStatuses: [restarted('main', restarts)],
      initContainerStatuses: [restarted('side', sidecarRestarts)],
    },
  };
}

// Each row: of two pods that are equal in all rules before, the first goes first.
const cases: readonly { rule: string; first: Traits; second: Traits }[] = [
  { rule: 'one without a node before one with', first: { node: '' }, second: {} },
  { rule: 'a pending one before an unknown one', first: { phase: 'Pending' }, second: { phase: 'Unknown' } },
  { rule: 'an unknown one before a running one', first: { phase: 'Unknown' }, second: { readyForMs: 1000 } },
  { rule: 'one that is not ready before one that is', first: { cost: '99' }, second: { readyForMs: hourMs } },
  { rule: 'the cheaper one', first: { cost: '-5', readyForMs: hourMs }, second: { readyForMs: secondMs } },
  { rule: 'the cheaper one by number, not by text', first: { cost: '9' }, second: { cost: '10' } },
  { rule: 'a cost that is no int32 counts as none', first: { cost: '9999999999' }, second: { cost: '1' } },
  { rule: 'a cost with a plus sign counts as none', first: { cost: '+7' }, second: { cost: '1' } },
  { rule: 'a cost with a leading zero counts as none', first: { cost: '07' }, second: { cost: '1' } },
  { rule: 'the one with more neighbours', first: { node: 'full', readyForMs: hourMs }, second: { readyForMs: 1000 } },
  { rule: 'the one that is ready for a shorter time', first: { readyForMs: minuteMs }, second: { readyForMs: hourMs } },
  {
    rule: 'ready times of one magnitude are equal and the uid decides',
    first: { readyForMs: 3500 * secondMs, uid: 'a' },
    second: { readyForMs: 3000 * secondMs, uid: 'b' },
  },
  { rule: 'the one that restarted more', first: { restarts: 3, ageMs: hourMs }, second: { restarts: 2, ageMs: 1000 } },
  { rule: 'main containers before sidecars', first: { restarts: 1 }, second: { sidecarRestarts: 9 } },
  { rule: 'the one whose sidecar restarted more', first: { sidecarRestarts: 2 }, second: { sidecarRestarts: 1 } },
  { rule: 'the younger one', first: { ageMs: minuteMs }, second: { ageMs: hourMs } },
  {
    rule: 'ages of one magnitude are equal and the uid decides',
    first: { ageMs: 3500 * secondMs, uid: 'a' },
    second: { ageMs: 3000 * secondMs, uid: 'b' },
  },
  { rule: 'a pod from the future is younger than all', first: { ageMs: -minuteMs }, second: { ageMs: secondMs } },
];
for (const { rule, first, second } of cases)
  test(`of two pods goes ${rule}`, () => {
    const options = { nowMs, neighbours: (pod: Pod) => (pod.spec.nodeName === 'full' ? 3 : 1) };
    assert.ok(compareVictims(podWith(first), podWith(second), options) < 0);
    assert.ok(compareVictims(podWith(second), podWith(first), options) > 0);
  });

test('pods of sibling ReplicaSets count as neighbours, finished and deleted ones do not', () => {
  const crowded = podWith({ uid: 'crowded', node: 'a', readyForMs: hourMs });
  const alone = podWith({ uid: 'alone', node: 'b', readyForMs: hourMs });
  const sibling = podWith({ uid: 'sibling', node: 'a', readyForMs: hourMs });
  const ended = ['x', 'y', 'z'].map((uid) => podWith({ uid, node: 'b', phase: 'Succeeded' }));
  const [victim] = victims([alone, crowded], { count: 1, related: [alone, crowded, sibling, ...ended], nowMs });
  assert.equal(victim?.metadata.uid, 'crowded');
});

test('when all must go nobody is ranked', () => {
  const pods = [podWith({ uid: 'b' }), podWith({ uid: 'a' })];
  assert.deepEqual(victims(pods, { count: 2, related: [], nowMs }), pods);
});
