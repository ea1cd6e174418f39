import { crc32 } from 'node:zlib';

/*
 * A file of the journal is a row of frames, one a sync: mark (4 bytes), length of the payload (4), its CRC-32 (4),
 * and the payload, records in UTF-8 parted by line feeds. Numbers are little-endian.
 * A frame goes out only after the one before it is safe. So a bad frame with good ones behind it is damage, and
 * one with none behind it is a write that was cut off and never acknowledged.
 */

const mark = Buffer.from('\x9fSLJ', 'latin1');
const headBytes = 12;

export function frameOf(records: readonly string[]): Buffer {
  const payload = Buffer.from(records.join('\n'));
  const head = Buffer.alloc(headBytes);
  mark.copy(head);
  head.writeUInt32LE(payload.length, 4);
  head.writeUInt32LE(crc32(payload), 8);
  return Buffer.concat([head, payload]);
}

export interface FramesRead {
  readonly records: readonly string[];
  /** Bytes of whole frames from the start. */
  readonly goodBytes: number;
  /** Where good frames begin again behind a bad one. */
  readonly goodAgainAt: number | undefined;
}

/** Reads frames until the end or a bad one. */
export function readFrames(file: Buffer): FramesRead {
  const records: string[] = [];
  let at = 0;
  for (;;) {
    const payload = payloadAt(file, at);
    if (payload === undefined) break;
    if (payload.length > 0) for (const record of payload.toString('utf8').split('\n')) records.push(record);
    at += headBytes + payload.length;
  }
  return { records, goodBytes: at, goodAgainAt: at === file.length ? undefined : nextFrame(file, at + 1) };
}

function payloadAt(file: Buffer, at: number): Buffer | undefined {
  if (file.length < at + headBytes || !file.subarray(at, at + mark.length).equals(mark)) return undefined;
  const start = at + headBytes;
  const payload = file.subarray(start, start + file.readUInt32LE(at + 4));
  const isWhole = start + file.readUInt32LE(at + 4) <= file.length;
  return isWhole && crc32(payload) === file.readUInt32LE(at + 8) ? payload : undefined;
}

function nextFrame(file: Buffer, from: number): number | undefined {
  for (let at = file.indexOf(mark, from); at !== -1; at = file.indexOf(mark, at + 1)) {
    if (payloadAt(file, at) !== undefined) return at;
  }
  return undefined;
}
