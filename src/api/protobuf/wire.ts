/** The bytes are not a protobuf message. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

export const wireVarint = 0;
export const wireFixed64 = 1;
export const wireBytes = 2;
const wireStartGroup = 3;
const wireEndGroup = 4;
const wireFixed32 = 5;

const shortText = 32;
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads one buffer from front to end; every read checks the end, so hostile input cannot run past it. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length;
  }

  get isDone(): boolean {
    return this.#at >= this.#end;
  }

  /** Narrows to the length-prefixed message that comes next; give the result to `leave`. */
  enter(): number {
    const length = this.#length();
    const outerEnd = this.#end;
    this.#end = this.#at + length;
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.#at = this.#end;
    this.#end = outerEnd;
  }

  /** Field number and wire type in one number: number * 8 + type. */
  tag(): number {
    const tag = this.#varint32();
    if (tag >>> 3 === 0) throw new ProtobufError(`proto: illegal tag ${tag >>> 3} (wire type ${tag & 7})`);
    return tag;
  }

  int32(): number {
    this.#varint();
    return this.#low | 0;
  }

  /** Exact to 2^53, like every number of JSON here. */
  int64(): number {
    this.#varint();
    return (this.#high | 0) * 2 ** 32 + (this.#low >>> 0);
  }

  bool(): boolean {
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  float64(): number {
    this.#need(8);
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  bytes(): Uint8Array {
    const length = this.#length();
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, from + length);
  }

  string(): string {
    const bytes = this.bytes();
    if (bytes.length > shortText) return textDecoder.decode(bytes);
    let text = '';
    for (const byte of bytes) {
      if (byte >= 0x80) return textDecoder.decode(bytes);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Passes over a field that nobody knows, groups included. */
  skip(wireType: number): void {
    if (wireType === wireVarint) this.#varint();
    else if (wireType === wireFixed64) this.#advance(8);
    else if (wireType === wireBytes) this.#advance(this.#length());
    else if (wireType === wireFixed32) this.#advance(4);
    else if (wireType === wireStartGroup) this.#skipGroup();
    else if (wireType === wireEndGroup) throw new ProtobufError('proto: unexpected end of group');
    else throw new ProtobufError(`proto: illegal wireType ${wireType}`);
  }

  /** Counts instead of recursing: a body may open as many groups as it has bytes. */
  #skipGroup(): void {
    for (let open = 1; open > 0;) {
      const wireType = this.tag() & 7;
      if (wireType === wireStartGroup) open++;
      else if (wireType === wireEndGroup) open--;
      else this.skip(wireType);
    }
  }

  #length(): number {
    this.#varint();
    if (this.#high !== 0 || this.#low < 0)
      throw (this.#high | 0) < 0 || this.#low < 0
        ? new ProtobufError('proto: negative length found during unmarshaling')
        : unexpectedEnd();
    this.#need(this.#low);
    return this.#low;
  }

  #advance(count: number): void {
    this.#need(count);
    this.#at += count;
  }

  #need(count: number): void {
    if (count > this.#end - this.#at) throw unexpectedEnd();
  }

  #varint32(): number {
    this.#varint();
    if (this.#high !== 0) throw new ProtobufError('proto: integer overflow');
    return this.#low >>> 0;
  }

  /** The halves of the latest varint. */
  #low = 0;
  #high = 0;

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift >= 70) throw new ProtobufError('proto: integer overflow');
      if (this.#at >= this.#end) throw unexpectedEnd();
      const byte = this.#bytes[this.#at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= shift < 63 ? bits << (shift - 32) : (bits & 1) << 31;
      if (byte < 0x80) break;
    }
    this.#low = low;
    this.#high = high;
  }
}

function unexpectedEnd(): ProtobufError {
  return new ProtobufError('unexpected EOF');
}
