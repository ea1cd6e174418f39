import { type FieldError, invalidValue, required } from '../../field-error.ts';
import { isUnchanged } from '../../field-rules.ts';
import type { Secret } from '../../schema/core-v1.ts';
import { validateImmutability, validateKeys, validateSize } from './key-value-data.ts';

/** Upstream ValidateSecret: some types must hold certain keys. */
export function validateSecret(secret: Secret): readonly FieldError[] {
  const { data = {} } = secret;
  return [
    ...validateKeys(data, 'data'),
    ...validateSize({ binary: data }, 'data'),
    ...validateByType(secret, (key) => Object.hasOwn(data, key)),
  ];
}

const accountName = 'kubernetes.io/service-account.name';

function validateByType(secret: Secret, has: (key: string) => boolean): readonly FieldError[] {
  const { type, metadata, data = {} } = secret;
  const needs = (key: string): readonly FieldError[] => (has(key) ? [] : [required(`data[${key}]`)]);
  switch (type) {
    case 'kubernetes.io/service-account-token':
      return (metadata.annotations?.[accountName] ?? '') === ''
        ? [required(`metadata.annotations[${accountName}]`)]
        : [];
    case 'kubernetes.io/dockercfg':
      return has('.dockercfg') ? isJsonObject(data, '.dockercfg') : needs('.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return has('.dockerconfigjson') ? isJsonObject(data, '.dockerconfigjson') : needs('.dockerconfigjson');
    case 'kubernetes.io/basic-auth':
      return has('username') || has('password') ? [] : [...needs('username'), ...needs('password')];
    case 'kubernetes.io/ssh-auth':
      return (data['ssh-privatekey'] ?? '') === '' ? [required('data[ssh-privatekey]')] : [];
    case 'kubernetes.io/tls':
      return [...needs('tls.crt'), ...needs('tls.key')];
    case undefined:
    default:
      return [];
  }
}

/** The message is this parser's own; the contents stay out of it. */
function isJsonObject(data: Readonly<Record<string, string>>, key: string): readonly FieldError[] {
  const wrong = (why: string): readonly FieldError[] => [
    invalidValue(`data[${key}]`, '<secret contents redacted>', why),
  ];
  try {
    const value: unknown = JSON.parse(atob(data[key] ?? ''));
    return typeof value === 'object' && !Array.isArray(value) ? [] : wrong('must be a JSON object');
  } catch {
    return wrong('must be valid JSON');
  }
}

export function validateSecretUpdate(secret: Secret, old: Secret): readonly FieldError[] {
  return [
    ...isUnchanged(secret.type ?? '', old.type ?? '', 'type'),
    ...validateImmutability(secret, old, ['data']),
    ...validateSecret(secret),
  ];
}
