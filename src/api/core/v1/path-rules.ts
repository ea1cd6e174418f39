import { type FieldError, invalidValue } from '../../field-error.ts';

export const isAbsolutePath = (path: string): boolean => path.startsWith('/');

/** Stays below where it starts: relative, and never `..`. */
export function validateDescending(target: string, path: string): readonly FieldError[] {
  return [
    ...(isAbsolutePath(target) ? [invalidValue(path, target, 'must be a relative path')] : []),
    ...validateNoBacksteps(target, path),
  ];
}

export function validateNoBacksteps(target: string, path: string): readonly FieldError[] {
  return target.split('/').includes('..') ? [invalidValue(path, target, "must not contain '..'")] : [];
}

/** Names that begin with two dots belong to the volume's own bookkeeping. */
export function validateNonReserved(target: string, path: string): readonly FieldError[] {
  const isReserved = target.startsWith('..') && !target.startsWith('../');
  return [
    ...validateDescending(target, path),
    ...(isReserved ? [invalidValue(path, target, "must not start with '..'")] : []),
  ];
}
