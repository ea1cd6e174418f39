import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings as settings } from './settings.ts';
import { stateOfZone, taintRate, zoneOf } from './zone-state.ts';

// Upstream: ComputeZoneState, ReducedQPSFunc, TestMonitorNodeHealthEvictPodsWithDisruption.
const cases: readonly { ready: number; notReady: number; expect: string; rate: number }[] = [
  { ready: 0, notReady: 0, expect: 'Normal', rate: 0.1 },
  { ready: 1, notReady: 0, expect: 'Normal', rate: 0.1 },
  { ready: 0, notReady: 1, expect: 'FullDisruption', rate: 0.1 },
  { ready: 1, notReady: 2, expect: 'Normal', rate: 0.1 },
  { ready: 1, notReady: 3, expect: 'PartialDisruption', rate: 0 },
  { ready: 3, notReady: 3, expect: 'Normal', rate: 0.1 },
  { ready: 9, notReady: 11, expect: 'PartialDisruption', rate: 0 },
  { ready: 10, notReady: 12, expect: 'Normal', rate: 0.1 },
  { ready: 22, notReady: 28, expect: 'PartialDisruption', rate: 0 },
  { ready: 22, notReady: 29, expect: 'PartialDisruption', rate: 0.01 },
];
for (const { ready, notReady, expect, rate } of cases)
  test(`${ready} ready and ${notReady} other nodes: ${expect}, ${rate} a second`, () => {
    const state = stateOfZone({ ready, notReady }, settings);
    assert.equal(state, expect);
    assert.equal(taintRate(state, ready + notReady, settings), rate);
  });

test('nodes of one zone are of one region too', () => {
  const zone = (labels: Record<string, string>): string =>
    zoneOf({
      metadata: { name: 'n', uid: '', resourceVersion: '', creationTimestamp: '', labels },
      spec: {},
      status: {} as never,
    });
  assert.equal(zone({}), '');
  assert.notEqual(
    zone({ 'topology.kubernetes.io/region': 'a', 'topology.kubernetes.io/zone': '1' }),
    zone({ 'topology.kubernetes.io/region': 'b', 'topology.kubernetes.io/zone': '1' }),
  );
});
