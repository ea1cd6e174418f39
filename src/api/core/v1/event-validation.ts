import { type FieldError, invalidValue, required } from '../../field-error.ts';
import { isDns1123Subdomain, isQualifiedName } from '../../field-rules.ts';
import { byteLength } from '../../names.ts';
import type { Event } from '../../schema/core-v1.ts';

/**
 * The rules that events have in both versions (upstream legacyValidateEvent). Those with an eventTime
 * are of the new kind and stricter.
 */
export function validateEvent(event: Event, reportingField = 'reportingComponent'): readonly FieldError[] {
  const { metadata, involvedObject } = event;
  const namespace = metadata.namespace ?? '';
  const isNew = (event.eventTime ?? '') !== '';
  const { namespace: objectNamespace = '' } = involvedObject;
  const isMisplaced = isNew
    ? objectNamespace === '' && namespace !== 'default' && namespace !== 'kube-system'
    : objectNamespace === ''
      ? namespace !== '' && namespace !== 'default'
      : namespace !== objectNamespace;
  return [
    ...(isMisplaced
      ? [invalidValue('involvedObject.namespace', objectNamespace, 'does not match event.namespace')]
      : []),
    ...(isNew ? validateNewEvent(event, reportingField) : []),
    ...isDns1123Subdomain(namespace, 'namespace'),
  ];
}

function validateNewEvent(event: Event, reportingField: string): readonly FieldError[] {
  const { reportingComponent, reportingInstance, action = '', reason = '', message = '' } = event;
  return [
    ...(reportingComponent === '' ? [required(reportingField)] : []),
    ...isQualifiedName(reportingComponent, reportingField),
    ...(reportingInstance === '' ? [required('reportingInstance')] : []),
    ...fits(reportingInstance, 128, 'reportingInstance'),
    ...(action === '' ? [required('action')] : []),
    ...fits(action, 128, 'action'),
    ...(reason === '' ? [required('reason')] : []),
    ...fits(reason, 128, 'reason'),
    ...fits(message, 1024, 'message'),
  ];
}

function fits(text: string, max: number, path: string): readonly FieldError[] {
  return byteLength(text) > max ? [invalidValue(path, '', `can have at most ${max} characters`)] : [];
}
