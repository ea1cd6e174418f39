import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Pod } from '../../api/schema/core-v1.ts';
import { MetricFailure } from './metric-failure.ts';
import type { PodSample } from './pod-groups.ts';
import { replicasForAverage, replicasForUtilization } from './replica-rule.ts';
import type { PodMetricInput } from './replica-rule.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const periods = { now, cpuInitializationPeriodMs: 120_000, initialReadinessDelayMs: 10_000 };
const at = (offsetMs: number): string => new Date(now + offsetMs).toISOString();

/**
 * One letter a pod: R ready for long, U unready since its start, h ready but so young that its CPU
 * sample is not trusted, H young and unready, P pending, F failed, D being deleted, S succeeded.
 */
function pod(letter: string, index: number, requests: readonly number[] | undefined, resource: string): Pod {
  const young = letter === 'h' || letter === 'H';
  const unready = 'UHPFD'.includes(letter);
  const phases: Readonly<Record<string, string>> = { P: 'Pending', F: 'Failed', S: 'Succeeded' };
  return {
    metadata: {
      name: `pod-${index}`,
      namespace: 'default',
      uid: `${index}`,
      resourceVersion: '1',
      creationTimestamp: at(-600_000),
      ...(letter === 'D' ? { deletionTimestamp: at(-1_000) } : {}),
    },
    spec: {
      containers: ['a', 'b'].map((name, container) => ({
        name,
        resources: requests === undefined ? {} : { requests: { [resource]: `${requests[container] ?? 0}m` } },
      })),
    },
    status: {
      phase: phases[letter] ?? 'Running',
      startTime: at(young ? 0 : -600_000),
      conditions: [{ type: 'Ready', status: unready ? 'False' : 'True', lastTransitionTime: at(young ? 0 : -595_000) }],
    },
  };
}

interface Row {
  readonly what: string;
  readonly pods: string;
  readonly current: number;
  /** Thousandths a container for CPU (both containers use it), a pod otherwise; `-` stands for no sample. */
  readonly levels: readonly (number | '-')[];
  readonly target: number;
  readonly expect: number | string;
  /** Shown usage: percent and average for utilisation, average for plain metrics. */
  readonly shows?: readonly [number] | readonly [number, number];
  readonly requests?: readonly number[] | 'none';
  readonly container?: 'a' | 'b';
  readonly containerLevels?: readonly (readonly [number, number])[];
  readonly tolerances?: { readonly scaleUp: number; readonly scaleDown: number };
  readonly resource?: 'cpu' | 'memory';
}

const usual = { scaleUp: 0.1, scaleDown: 0.1 };
const loadedThree: readonly (readonly [number, number])[] = [
  [0, 300],
  [0, 500],
  [0, 700],
];
const downFive: readonly (readonly [number, number])[] = [
  [1000, 100],
  [1000, 300],
  [1000, 500],
  [1000, 250],
  [1000, 250],
];

// The numbers are those of upstream's own table (replica_calculator_test.go), so that both answer alike.
// prettier-ignore
const utilization: readonly Row[] = [
  { what: 'load above the target grows the set', pods: 'RRR', current: 3, levels: [300, 500, 700], target: 30, expect: 5, shows: [50, 1000] },
  { what: 'one container can be the measure', pods: 'RRR', current: 3, levels: [], containerLevels: [[1000, 300], [1000, 500], [1000, 700]], container: 'b', target: 30, expect: 5, shows: [50, 500] },
  { what: 'an unready pod counts as idle when growing', pods: 'URR', current: 3, levels: [300, 500, 700], target: 30, expect: 4, shows: [60, 1200] },
  { what: 'a pod still initialising counts as idle when growing', pods: 'hRR', current: 3, levels: [300, 500, 700], target: 30, expect: 4, shows: [60, 1200] },
  { what: 'so it does for one container', pods: 'hRR', current: 3, levels: [], containerLevels: loadedThree, container: 'b', target: 30, expect: 4, shows: [60, 600] },
  { what: 'unready pods can hold growth back entirely', pods: 'RUU', current: 3, levels: [400, 500, 700], target: 30, expect: 3, shows: [40, 800] },
  { what: 'young unready pods can hold growth back entirely', pods: 'RHH', current: 3, levels: [400, 500, 700], target: 30, expect: 3, shows: [40, 800] },
  { what: 'failed pods do not count', pods: 'RRFF', current: 2, levels: [500, 700], target: 30, expect: 4, shows: [60, 1200] },
  { what: 'failed pods do not count for one container', pods: 'RRFF', current: 2, levels: [], containerLevels: [[1000, 500], [9000, 700]], container: 'b', target: 30, expect: 4, shows: [60, 600] },
  { what: 'pods being deleted do not count', pods: 'RRDD', current: 2, levels: [500, 700], target: 30, expect: 4, shows: [60, 1200] },
  { what: 'pods being deleted do not count though they still report', pods: 'RRDD', current: 2, levels: [500, 700, 9000, 9000], target: 30, expect: 4, shows: [60, 1200] },
  { what: 'load below the target shrinks the set', pods: 'RRRRR', current: 5, levels: [100, 300, 500, 250, 250], target: 50, expect: 3, shows: [28, 560] },
  { what: 'one container can be the measure of shrinking', pods: 'RRRRR', current: 5, levels: [], containerLevels: downFive, container: 'b', target: 50, expect: 3, shows: [28, 280] },
  { what: 'unready pods leave the measure of shrinking', pods: 'RRRUU', current: 5, levels: [100, 300, 500, 250, 250], target: 50, expect: 2, shows: [30, 600] },
  { what: 'pending pods leave the measure of shrinking', pods: 'RPPPP', current: 5, levels: [100], target: 50, expect: 1, shows: [10, 200] },
  { what: 'pending pods leave it though something reports for them', pods: 'RPPPP', current: 5, levels: [], containerLevels: downFive, container: 'b', target: 50, expect: 1, shows: [10, 100] },
  { what: 'young pods leave the measure of shrinking', pods: 'RRRhh', current: 5, levels: [100, 300, 500, 250, 250], target: 50, expect: 2, shows: [30, 600] },
  { what: 'failed pods leave the measure of shrinking', pods: 'RRRRRFF', current: 5, levels: [100, 300, 500, 250, 250], target: 50, expect: 3, shows: [28, 560] },
  { what: 'deleted pods leave the measure of shrinking', pods: 'RRRRRDD', current: 5, levels: [100, 300, 500, 250, 250], target: 50, expect: 3, shows: [28, 560] },
  { what: 'two percent over is within the tolerance', pods: 'RRR', current: 3, levels: [1010, 1030, 1020], target: 100, expect: 3, shows: [102, 2040] },
  { what: 'one percent over is outside of no tolerance', pods: 'RRR', current: 3, levels: [1009, 1010, 1011], target: 100, expect: 4, shows: [101, 2020], tolerances: { scaleUp: 0, scaleDown: 0 } },
  { what: 'ninety percent over is within a tolerance of 200 %', pods: 'RRR', current: 3, levels: [1890, 1910, 1900], target: 100, expect: 3, shows: [190, 3800], tolerances: { scaleUp: 2, scaleDown: 0.1 } },
  { what: 'nine percent over is outside of 8 %, whatever the other side tolerates', pods: 'RRR', current: 3, levels: [1100, 1080, 1090], target: 100, expect: 4, shows: [109, 2180], tolerances: { scaleUp: 0.08, scaleDown: 2 } },
  { what: 'thirty-five percent under is within 36 %', pods: 'RRR', current: 3, levels: [660, 640, 650], target: 100, expect: 3, shows: [65, 1300], tolerances: { scaleUp: 0.1, scaleDown: 0.36 } },
  { what: 'thirty-five percent under is outside of 34 %', pods: 'RRR', current: 3, levels: [660, 640, 650], target: 100, expect: 2, shows: [65, 1300], tolerances: { scaleUp: 0.1, scaleDown: 0.34 } },
  { what: 'samples of unknown pods are overlooked in the ratio', pods: 'RRRR', current: 4, levels: [4000, 9500, 3000, 7000, 3200, 2000], target: 100, expect: 24, shows: [587, 11750] },
  { what: 'missing pods count as full when shrinking', pods: 'RRRR', current: 4, levels: [400, 95], target: 100, expect: 3, shows: [24, 495] },
  { what: 'missing pods change nothing on target', pods: 'RR', current: 2, levels: [1000], target: 100, expect: 2, shows: [100, 2000] },
  { what: 'missing pods can hold growth back', pods: 'RR', current: 2, levels: [1900], target: 100, expect: 2, shows: [190, 3800] },
  { what: 'missing pods can hold shrinking back', pods: 'RR', current: 2, levels: [600], target: 100, expect: 2, shows: [60, 1200] },
  { what: 'one unready and one missing pod change nothing near the target', pods: 'URR', current: 3, levels: [100, 450], target: 50, expect: 3, shows: [45, 900] },
  { what: 'one young and one missing pod change nothing near the target', pods: 'hRR', current: 3, levels: [100, 450], target: 50, expect: 3, shows: [45, 900] },
  { what: 'growth goes through unready and missing pods when it must', pods: 'URR', current: 3, levels: [100, 2000], target: 50, expect: 4, shows: [200, 4000] },
  { what: 'growth goes through young and missing pods when it must', pods: 'HRR', current: 3, levels: [100, 2000], target: 50, expect: 4, shows: [200, 4000] },
  { what: 'shrinking leaves room for the missing and the unready', pods: 'URRR', current: 4, levels: [100, 100, 100], target: 50, expect: 3, shows: [10, 200] },
  { what: 'a surge pod of a rolling update does not shrink the set', pods: 'RRR', current: 2, levels: [100, 100], target: 50, expect: 2, shows: [10, 200] },
  { what: 'ten percent over, in whole percent, is still within', pods: 'R', current: 1, levels: [1109], target: 100, expect: 1, shows: [110, 2218] },
  { what: 'memory looks at no readiness', pods: 'UHR', current: 3, levels: [300, 500, 700], target: 25, expect: 6, shows: [50, 1000], resource: 'memory' },
  { what: 'a pod that has succeeded but reports counts for memory', pods: 'S', current: 1, levels: [1000], target: 50, expect: 2, shows: [100, 2000], resource: 'memory' },
  { what: 'samples of pods of another set are no measure', pods: 'R', current: 1, levels: ['-', 100], target: 100, expect: 'no metrics returned matched known pods' },
  { what: 'only unready pods are no measure', pods: 'UU', current: 2, levels: [500, 500], target: 50, expect: 'did not receive metrics for targeted pods (pods might be unready)' },
  { what: 'no pods are no measure', pods: '', current: 2, levels: [500], target: 50, expect: 'no pods returned by selector while calculating replica count' },
  { what: 'a request is needed', pods: 'R', current: 1, levels: [200], target: 100, requests: 'none', expect: 'missing request for cpu in container a of Pod pod-0' },
];

// prettier-ignore
const plain: readonly Row[] = [
  { what: 'a mean above the target grows the set', pods: 'RRR', current: 3, levels: [20000, 10000, 30000], target: 15000, expect: 4, shows: [20000] },
  { what: 'readiness is not looked at', pods: 'RRH', current: 3, levels: [50000, 10000, 30000], target: 15000, expect: 6, shows: [30000] },
  { what: 'nor is it when most are unready', pods: 'HRH', current: 3, levels: [50000, 15000, 30000], target: 15000, expect: 7, shows: [31666] },
  { what: 'one pod, nearly twice the target', pods: 'R', current: 1, levels: [8600], target: 4400, expect: 2, shows: [8600] },
  { what: 'a mean below the target shrinks the set', pods: 'RRRRR', current: 5, levels: [12000, 12000, 12000, 12000, 12000], target: 20000, expect: 3, shows: [12000] },
  { what: 'three percent over is within the tolerance', pods: 'RRR', current: 3, levels: [20000, 21000, 21000], target: 20000, expect: 3, shows: [20666] },
  { what: 'three percent over is outside of one percent', pods: 'RRR', current: 3, levels: [20000, 21000, 21000], target: 20000, expect: 4, shows: [20666], tolerances: { scaleUp: 0.01, scaleDown: 0.1 } },
  { what: 'missing pods change nothing on target', pods: 'RRRRR', current: 5, levels: [20000, 19000, 21000], target: 20000, expect: 5, shows: [20000] },
  { what: 'a surge pod of a rolling update does not shrink the set', pods: 'RRR', current: 2, levels: [10000, 10000], target: 17000, expect: 2, shows: [10000] },
  { what: 'pending replicas are supply: they take the growth', pods: 'RPP', current: 3, levels: [12000], target: 4000, expect: 3, shows: [12000] },
  { what: 'replicas that load a model and report nothing are supply too', pods: 'RUU', current: 3, levels: [12000], target: 4000, expect: 3, shows: [12000] },
  { what: 'more demand than running and loading replicas can carry still grows the set', pods: 'RUU', current: 3, levels: [20000], target: 4000, expect: 5, shows: [20000] },
  { what: 'no demand does not take the loading replica away', pods: 'RU', current: 2, levels: [0], target: 4000, expect: 1, shows: [0] },
  { what: 'only pending pods are no measure', pods: 'PP', current: 2, levels: [], target: 4000, expect: 'did not receive metrics for targeted pods (pods might be unready)' },
];

const sample = (value: number): PodSample => ({ value: BigInt(value), timestamp: now, windowMs: 60_000 });

function inputOf(row: Row, resource: string, samples: ReadonlyMap<string, PodSample>): PodMetricInput {
  const requests = row.requests === 'none' ? undefined : (row.requests ?? [1000, 1000]);
  return {
    currentReplicas: row.current,
    pods: row.pods.split('').map((letter, index) => pod(letter, index, requests, resource)),
    samples,
    tolerances: row.tolerances ?? usual,
    periods,
  };
}

function outcome(run: () => { replicas: number; usage: { average: bigint; utilization?: number } }): unknown {
  try {
    const { replicas, usage } = run();
    return { replicas, shows: [usage.utilization, Number(usage.average)].filter((part) => part !== undefined) };
  } catch (error) {
    if (error instanceof MetricFailure) return error.message;
    throw error;
  }
}

const expected = ({ expect, shows }: Row): unknown =>
  typeof expect === 'string' ? expect : { replicas: expect, shows };

test('replicas for a utilisation target', async (t) => {
  for (const row of utilization) {
    await t.test(row.what, () => {
      const resource = row.resource ?? 'cpu';
      const levels =
        row.containerLevels === undefined
          ? row.levels.map((level) => (level === '-' ? undefined : 2 * level))
          : row.containerLevels.map(([a, b]) => (row.container === 'a' ? a : b));
      const samples = new Map(
        levels.flatMap((level, index) => (level === undefined ? [] : [[`pod-${index}`, sample(level)] as const])),
      );
      const run = () =>
        replicasForUtilization(inputOf(row, resource, samples), {
          resource,
          container: row.container ?? '',
          utilization: row.target,
        });
      assert.deepEqual(outcome(run), expected(row));
    });
  }
});

test('a target above all requests counts missing pods at the target', () => {
  const requests = [
    [1000, 1000],
    [1000, 1000],
    [2000, 2000],
    [2000, 2000],
  ];
  const input: PodMetricInput = {
    currentReplicas: 4,
    pods: 'URRR'.split('').map((letter, index) => pod(letter, index, requests[index], 'cpu')),
    samples: new Map([400, 200, 200].map((level, index) => [`pod-${index}`, sample(level)])),
    tolerances: usual,
    periods,
  };
  const run = () => replicasForUtilization(input, { resource: 'cpu', container: '', utilization: 300 });
  assert.deepEqual(outcome(run), { replicas: 2, shows: [6, 200] });
});

test('replicas for a mean per pod', async (t) => {
  for (const row of plain) {
    await t.test(row.what, () => {
      const samples = new Map(
        row.levels.flatMap((level, index) => (level === '-' ? [] : [[`pod-${index}`, sample(level)] as const])),
      );
      const run = () =>
        replicasForAverage(inputOf(row, 'cpu', samples), { resource: '', averageValue: BigInt(row.target) });
      assert.deepEqual(outcome(run), expected(row));
    });
  }
});

test('a raw target on CPU leaves unready pods out, one on memory does not', () => {
  const row: Row = { what: '', pods: 'RU', current: 2, levels: [], target: 1000, expect: 0 };
  const samples = new Map([
    ['pod-0', sample(3000)],
    ['pod-1', sample(1000)],
  ]);
  const forResource = (resource: string) =>
    replicasForAverage(inputOf(row, 'cpu', samples), { resource, averageValue: 1000n }).replicas;
  assert.equal(forResource('cpu'), 3);
  assert.equal(forResource('memory'), 4);
});

const anyPods = fc
  .array(fc.constantFrom(...'RUhHPFDS'.split('')), { minLength: 1, maxLength: 12 })
  .map((all) => all.join(''));

test('whatever the pods report, the proposal moves only the way the load asks for', () => {
  fc.assert(
    fc.property(
      anyPods,
      fc.array(fc.option(fc.integer({ min: 0, max: 50_000 })), { maxLength: 12 }),
      fc.integer({ min: 1, max: 20_000 }),
      fc.integer({ min: 1, max: 12 }),
      (pods, levels, target, current) => {
        const samples = new Map(
          levels.flatMap((level, index) => (level === null ? [] : [[`pod-${index}`, sample(level)] as const])),
        );
        const row: Row = { what: '', pods, current, levels: [], target, expect: 0 };
        try {
          const { replicas, usage } = replicasForAverage(inputOf(row, 'cpu', samples), {
            resource: '',
            averageValue: BigInt(target),
          });
          assert.ok(Number.isInteger(replicas) && replicas >= 0);
          if (replicas === current) return;
          const complete = pods
            .split('')
            .every((letter, index) => !'PFD'.includes(letter) && samples.has(`pod-${index}`));
          // Pods the count does not know of (a surge, a late listing) may move it either way, as upstream's do.
          if (complete && pods.length === current)
            assert.equal(Math.sign(replicas - current), Math.sign(usage.ratio - 1));
        } catch (error) {
          assert.ok(error instanceof MetricFailure, String(error));
        }
      },
    ),
  );
});

test('pods that report nothing never make the answer grow', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50_000 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 1, max: 20_000 }),
      (levels, silent, target) => {
        const current = levels.length + silent;
        const samples = new Map(levels.map((level, index) => [`pod-${index}`, sample(level)]));
        const row: Row = { what: '', pods: 'R'.repeat(current), current, levels: [], target, expect: 0 };
        const { replicas } = replicasForAverage(inputOf(row, 'cpu', samples), {
          resource: '',
          averageValue: BigInt(target),
        });
        const demand = levels.reduce((total, level) => total + level, 0);
        assert.ok(replicas <= Math.max(current, Math.ceil(demand / target)), `${replicas} of ${current}`);
      },
    ),
  );
});
