import { nameColumn, textColumn, wide } from '../../columns.ts';
import { ageText } from '../../duration-text.ts';
import type { KindDefinition } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { events } from '../../resources.ts';
import type { Event } from '../../schema/core-v1.ts';
import { validateEvent } from './event-validation.ts';

/** Upstream: pkg/registry/core/event/strategy.go, pkg/apis/core/validation/events.go. */
export const eventKind: KindDefinition<Event> = {
  resource: events,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  selectableFields: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent,
    source: ({ source, reportingComponent }) => firstNonEmpty(source.component, reportingComponent),
    type: ({ type }) => type ?? '',
  },
  columns: [
    textColumn('Last Seen', (event, nowMs) => lastSeen(event, nowMs)),
    textColumn('Type', ({ type }) => type ?? ''),
    textColumn('Reason', ({ reason }) => reason ?? ''),
    textColumn('Object', ({ involvedObject: { kind = '', name = '' } }) =>
      name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`,
    ),
    wide(textColumn('Subobject', ({ involvedObject }) => involvedObject.fieldPath ?? '')),
    wide(textColumn('Source', sourceText)),
    textColumn('Message', ({ message = '' }) => message.trim()),
    wide(textColumn('First Seen', (event, nowMs) => firstSeen(event, nowMs))),
    wide({
      name: 'Count',
      type: 'string',
      cell: ({ series, count = 0 }) => (series === undefined ? (count === 0 ? 1 : count) : (series.count ?? 0)),
    }),
    wide(nameColumn),
  ],
  validateName: dns1123Subdomain,
  setDefaults(event) {
    event.involvedObject ??= {};
    event.source ??= {};
    event.reportingComponent ??= '';
    event.reportingInstance ??= '';
  },
  validateCreate: (event) => validateEvent(event),
  validateUpdate: (event) => validateEvent(event),
};

function firstSeen({ firstTimestamp, eventTime }: Event, nowMs: number): string {
  return ageText(firstNonEmpty(firstTimestamp, eventTime), nowMs);
}

function lastSeen(event: Event, nowMs: number): string {
  if (event.series !== undefined) return ageText(event.series.lastObservedTime, nowMs);
  return (event.lastTimestamp ?? '') === '' ? firstSeen(event, nowMs) : ageText(event.lastTimestamp, nowMs);
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = firstNonEmpty(source.component, reportingComponent);
  const instance = firstNonEmpty(source.host, reportingInstance);
  return instance === '' ? component : `${component}, ${instance}`;
}

function firstNonEmpty(...texts: readonly (string | null | undefined)[]): string {
  return texts.find((text) => text !== undefined && text !== null && text !== '') ?? '';
}
