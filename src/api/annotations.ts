import { type FieldError, invalidValue, tooLong } from './field-error.ts';
import { byteLength, qualifiedName } from './names.ts';

const maxTotalBytes = 256 * 1024;

/** Keys are qualified names in any case; all of them together fit in 256 KiB (apimachinery pkg/api/validation). */
export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
): readonly FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const errors = entries.flatMap(([key]) =>
    qualifiedName(key.toLowerCase()).map((message) => invalidValue(path, key, message)),
  );
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  return bytes > maxTotalBytes ? [...errors, tooLong(path, maxTotalBytes)] : errors;
}
