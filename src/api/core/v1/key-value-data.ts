import { base64Length } from '../../base64-text.ts';
import { type FieldError, forbiddenField, invalidValue, tooLong } from '../../field-error.ts';
import { isEqual } from '../../field-rules.ts';
import { byteLength, configMapKey } from '../../names.ts';

/** What config maps and secrets have in common. */
export type Data = Readonly<Record<string, string>>;

/** Everything that one object may hold: 1 MiB. */
export const maxDataBytes: number = 1024 * 1024;

export function validateKeys(data: Data | undefined, path: string): readonly FieldError[] {
  return Object.keys(data ?? {}).flatMap((key) =>
    configMapKey(key).map((message) => invalidValue(`${path}[${key}]`, key, message)),
  );
}

export function validateSize(
  { text = {}, binary = {} }: { readonly text?: Data | undefined; readonly binary?: Data | undefined },
  path: string,
): readonly FieldError[] {
  const textBytes = Object.values(text).reduce((sum, value) => sum + byteLength(value), 0);
  const bytes = Object.values(binary).reduce((sum, value) => sum + base64Length(value), textBytes);
  return bytes > maxDataBytes ? [tooLong(path, maxDataBytes)] : [];
}

type MaybeImmutable = { readonly immutable?: boolean | undefined };

/** Once `immutable`, always so, and the data with it. */
export function validateImmutability<T extends MaybeImmutable>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): readonly FieldError[] {
  if (old.immutable !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  return [
    ...(object.immutable === true ? [] : [forbiddenField('immutable', why)]),
    ...fields.filter((field) => !isEqual(object[field], old[field])).map((field) => forbiddenField(field, why)),
  ];
}
