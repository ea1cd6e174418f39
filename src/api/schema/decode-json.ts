import { type Decoded, decode, type DecodeOptions } from './decode.ts';
import { JsonSyntaxError, whatIsWrong } from './json-syntax.ts';
import { hasDuplicates, type JsonLimits } from './json-text.ts';
import { strictProblems } from './strict-problems.ts';
import type { Struct } from './struct.ts';

export interface DecodedJson<T = Record<string, unknown>> {
  readonly object: T;
  /** What fieldValidation=Strict refuses and Warn warns of, in Kubernetes' words and order. */
  readonly problems: readonly string[];
}

/** A request body into the canonical object. Throws JsonSyntaxError or DecodeError, both with Go's message. */
export function decodeJson<T = Record<string, unknown>>(
  struct: Struct,
  text: string,
  { maxDepth = 1000, ...options }: DecodeOptions & JsonLimits = {},
): DecodedJson<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JsonSyntaxError(whatIsWrong(text), { cause: error });
  }
  const isAmbiguous = hasDuplicates(text, value, maxDepth);
  const { object, unknownFields }: Decoded<T> = decode<T>(struct, value, options);
  return { object, problems: isAmbiguous ? strictProblems(text, struct) : unknownFields };
}
