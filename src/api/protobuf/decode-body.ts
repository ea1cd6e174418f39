import type { Struct } from '../schema/struct.ts';
import { decodeMessage } from './decode-message.ts';
import { readEnvelope } from './envelope.ts';
import { ProtobufError } from './wire.ts';

export interface DecodedBody<T = Record<string, unknown>> {
  readonly apiVersion: string;
  readonly kind: string;
  /** In canonical form, with apiVersion and kind, which the message itself does not carry. */
  readonly object: T;
}

/**
 * A request body in Kubernetes protobuf as a canonical object. `structOf` says which struct a kind
 * has; undefined refuses it (custom resources have no protobuf form).
 */
export function decodeBody<T = Record<string, unknown>>(
  body: Uint8Array,
  structOf: (apiVersion: string, kind: string) => Struct | undefined,
): DecodedBody<T> {
  const { apiVersion, kind, raw } = readEnvelope(body);
  const struct = structOf(apiVersion, kind);
  if (struct === undefined) throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return { apiVersion, kind, object: { kind, apiVersion, ...decodeMessage<object>(struct, raw) } as T };
}
