import type { Column, KindDefinition } from '../../kind.ts';
import { eventKind } from '../../core/v1/event.ts';
import { dns1123Subdomain } from '../../names.ts';
import { eventsV1 } from '../../resources.ts';
import type { Event as CoreEvent } from '../../schema/core-v1.ts';
import type { Event } from '../../schema/events-v1.ts';
import { validateEventCreate, validateEventUpdate } from './event-validation.ts';

/**
 * The same events as core/v1's, in newer words. Both are one store; the older shape is the stored one.
 * Upstream: pkg/apis/events/v1/conversion.go.
 */
export function toCoreEvent(event: Event): CoreEvent {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: event.metadata,
    involvedObject: event.regarding,
    ...renamed('reason', event.reason),
    ...renamed('message', event.note),
    source: event.deprecatedSource,
    ...renamed('firstTimestamp', event.deprecatedFirstTimestamp),
    ...renamed('lastTimestamp', event.deprecatedLastTimestamp),
    ...renamed('count', event.deprecatedCount),
    ...renamed('type', event.type),
    eventTime: event.eventTime,
    ...renamed('series', event.series),
    ...renamed('action', event.action),
    ...renamed('related', event.related),
    reportingComponent: event.reportingController ?? '',
    reportingInstance: event.reportingInstance ?? '',
  };
}

export function fromCoreEvent(event: CoreEvent): Event {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: event.metadata,
    eventTime: event.eventTime as string,
    ...(event.series === undefined
      ? {}
      : { series: { count: event.series.count ?? 0, lastObservedTime: event.series.lastObservedTime as string } }),
    ...(event.reportingComponent === '' ? {} : { reportingController: event.reportingComponent }),
    ...(event.reportingInstance === '' ? {} : { reportingInstance: event.reportingInstance }),
    ...renamed('action', event.action),
    ...renamed('reason', event.reason),
    regarding: event.involvedObject,
    ...renamed('related', event.related),
    ...renamed('note', event.message),
    ...renamed('type', event.type),
    deprecatedSource: event.source,
    ...renamed('deprecatedFirstTimestamp', event.firstTimestamp),
    ...renamed('deprecatedLastTimestamp', event.lastTimestamp),
    ...renamed('deprecatedCount', event.count),
  };
}

function renamed<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]?: V });
}

const coreFields: Readonly<Record<string, string>> = {
  reason: 'reason',
  'regarding.kind': 'involvedObject.kind',
  'regarding.namespace': 'involvedObject.namespace',
  'regarding.name': 'involvedObject.name',
  'regarding.uid': 'involvedObject.uid',
  'regarding.apiVersion': 'involvedObject.apiVersion',
  'regarding.resourceVersion': 'involvedObject.resourceVersion',
  'regarding.fieldPath': 'involvedObject.fieldPath',
  reportingController: 'reportingComponent',
  type: 'type',
};

/** Upstream: pkg/registry/core/event/strategy.go, which serves both. */
export const eventsEventKind: KindDefinition<Event> = {
  resource: eventsV1,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  selectableFields: Object.fromEntries(
    Object.entries(coreFields).map(([label, coreLabel]) => [
      label,
      (event: Event): string => eventKind.selectableFields[coreLabel]!(toCoreEvent(event)),
    ]),
  ),
  columns: eventKind.columns.map((column): Column<Event> => ({
    ...column,
    cell: (event, nowMs) => column.cell(toCoreEvent(event), nowMs),
  })),
  validateName: dns1123Subdomain,
  setDefaults(event) {
    event.regarding ??= {};
    event.deprecatedSource ??= {};
  },
  validateCreate: (event) => validateEventCreate(toCoreEvent(event)),
  validateUpdate: (event, old) => validateEventUpdate(toCoreEvent(event), toCoreEvent(old)),
};
