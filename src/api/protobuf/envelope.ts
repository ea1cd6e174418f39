import { ProtobufError, wireBytes, WireReader } from './wire.ts';

/** The media type of these bodies. */
export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

/** `k8s` and a zero byte begin every body. */
const magic = [0x6b, 0x38, 0x73, 0x00] as const;

/** runtime.Unknown: which kind the bytes inside are of. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
  readonly contentEncoding: string;
  readonly contentType: string;
}

export function isProtobuf(body: Uint8Array): boolean {
  return magic.every((byte, index) => body[index] === byte);
}

export function readEnvelope(body: Uint8Array): Envelope {
  if (!isProtobuf(body))
    throw new ProtobufError(
      `provided data does not appear to be a protobuf message, expected prefix [${magic.join(' ')}]`,
    );
  const wire = new WireReader(body.subarray(magic.length));
  let [apiVersion, kind, contentEncoding, contentType] = ['', '', '', ''];
  let raw = new Uint8Array();
  while (!wire.isDone) {
    const tag = wire.tag();
    if ((tag & 7) !== wireBytes) {
      wire.skip(tag & 7);
      continue;
    }
    if (tag >>> 3 === 1) {
      const outer = wire.enter();
      while (!wire.isDone) {
        const inner = wire.tag();
        if (inner === 8 + wireBytes) apiVersion = wire.string();
        else if (inner === 16 + wireBytes) kind = wire.string();
        else wire.skip(inner & 7);
      }
      wire.leave(outer);
    } else if (tag >>> 3 === 2) raw = wire.bytes() as Uint8Array<ArrayBuffer>;
    else if (tag >>> 3 === 3) contentEncoding = wire.string();
    else if (tag >>> 3 === 4) contentType = wire.string();
    else wire.skip(wireBytes);
  }
  return { apiVersion, kind, raw, contentEncoding, contentType };
}
