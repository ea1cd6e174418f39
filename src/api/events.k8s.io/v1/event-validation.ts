import { validateEvent } from '../../core/v1/event-validation.ts';
import { type FieldError, invalidValue, required } from '../../field-error.ts';
import { isEqual, isUnchanged } from '../../field-rules.ts';
import type { Event as CoreEvent, ObjectReference } from '../../schema/core-v1.ts';

/** Events as they come through this version; the fields of the old one must stay away (upstream ValidateEventCreate). */
export function validateEventCreate(event: CoreEvent): readonly FieldError[] {
  const unset = (path: string, isSet: boolean): readonly FieldError[] =>
    isSet ? [invalidValue(path, '', 'needs to be unset')] : [];
  const { type = '', source } = event;
  return [
    ...validateEvent(event, 'reportingController'),
    ...validateSeries(event),
    ...((event.eventTime ?? '') === '' ? [required('eventTime')] : []),
    ...(type === 'Normal' || type === 'Warning' ? [] : [invalidValue('type', '', `has invalid value: ${type}`)]),
    ...unset('firstTimestamp', (event.firstTimestamp ?? '') !== ''),
    ...unset('lastTimestamp', (event.lastTimestamp ?? '') !== ''),
    ...unset('count', (event.count ?? 0) !== 0),
    ...unset('source', (source.component ?? '') !== '' || (source.host ?? '') !== ''),
  ];
}

function validateSeries({ series }: CoreEvent): readonly FieldError[] {
  if (series === undefined) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...((series.lastObservedTime ?? '') === '' ? [required('series.lastObservedTime')] : []),
  ];
}

const immutable = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
] as const;

/** Upstream shows references by the names of its own fields. */
function changed(event: CoreEvent, field: (typeof immutable)[number]): FieldError {
  const value = event[field];
  const isReference = field === 'involvedObject' || field === 'related';
  return invalidValue(
    field,
    isReference
      ? shownReference(event[field])
      : (value ?? (field.endsWith('Time') || field.endsWith('Timestamp') ? null : '')),
    'field is immutable',
  );
}

function shownReference(reference: ObjectReference | undefined): unknown {
  if (reference === undefined) return null;
  const {
    kind = '',
    namespace = '',
    name = '',
    uid = '',
    apiVersion = '',
    resourceVersion = '',
    fieldPath = '',
  } = reference;
  return {
    Kind: kind,
    Namespace: namespace,
    Name: name,
    UID: uid,
    APIVersion: apiVersion,
    ResourceVersion: resourceVersion,
    FieldPath: fieldPath,
  };
}

/** Only the series and the metadata change. */
export function validateEventUpdate(event: CoreEvent, old: CoreEvent): readonly FieldError[] {
  return [
    ...validateEvent(event, 'reportingController'),
    ...(isEqual(event.series, old.series) ? [] : validateSeries(event)),
    ...immutable.flatMap((field) => (isEqual(event[field], old[field]) ? [] : [changed(event, field)])),
    ...isUnchanged(event.reportingComponent, old.reportingComponent, 'reportingController'),
    ...isUnchanged(event.reportingInstance, old.reportingInstance, 'reportingInstance'),
  ];
}
