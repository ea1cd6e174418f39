import { type FieldError, required } from '../../field-error.ts';
import type { KeyToPath } from '../../schema/core-v1.ts';
import { validateFileMode } from './file-mode.ts';
import { validateNonReserved } from './path-rules.ts';

/** One key of a config map or secret as a file. */
export function validateKeyToPath({ key, path: target, mode }: KeyToPath, path: string): readonly FieldError[] {
  return [
    ...((key ?? '') === '' ? [required(`${path}.key`)] : []),
    ...((target ?? '') === '' ? [required(`${path}.path`)] : []),
    ...validateNonReserved(target ?? '', `${path}.path`),
    ...validateFileMode(mode, `${path}.mode`),
  ];
}
