import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event as CoreEvent } from '../../schema/core-v1.ts';
import { eventsEventKind, fromCoreEvent, toCoreEvent } from './event.ts';

const stored: CoreEvent = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'e', namespace: 'd', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' },
  involvedObject: { kind: 'Pod', namespace: 'd', name: 'p', fieldPath: 'spec.containers{c}' },
  reason: 'Pulled',
  message: 'image is here',
  source: { component: 'kubelet', host: 'n' },
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp: '2026-01-01T00:01:00Z',
  count: 3,
  type: 'Normal',
  eventTime: '2026-01-01T00:00:00.000000Z',
  series: { count: 3, lastObservedTime: '2026-01-01T00:01:00.000000Z' },
  action: 'Pulling',
  related: { kind: 'Node', name: 'n' },
  reportingComponent: 'kubelet',
  reportingInstance: 'n',
};

test('an event has two shapes and loses nothing between them', () => {
  assert.deepEqual(toCoreEvent(fromCoreEvent(stored)), stored);
  const { related: _related, series: _series, action: _action, ...plain } = stored;
  assert.deepEqual(toCoreEvent(fromCoreEvent(plain)), plain);
  assert.deepEqual(fromCoreEvent(stored), {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: stored.metadata,
    eventTime: stored.eventTime,
    series: stored.series,
    reportingController: 'kubelet',
    reportingInstance: 'n',
    action: 'Pulling',
    reason: 'Pulled',
    regarding: stored.involvedObject,
    related: stored.related,
    note: 'image is here',
    type: 'Normal',
    deprecatedSource: stored.source,
    deprecatedFirstTimestamp: stored.firstTimestamp,
    deprecatedLastTimestamp: stored.lastTimestamp,
    deprecatedCount: 3,
  });
});

test('both shapes are selected by the same facts under their own names', () => {
  const fields = eventsEventKind.selectableFields;
  const newer = fromCoreEvent(stored);
  assert.equal(fields['regarding.name']?.(newer), 'p');
  assert.equal(fields['reason']?.(newer), 'Pulled');
  assert.equal(fields['reportingController']?.(newer), 'kubelet');
});
