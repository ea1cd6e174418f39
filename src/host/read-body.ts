import type { Readable } from 'node:stream';
import { ApiError } from '../api/error.ts';

/**
 * The whole body, or as much of it as tells that it is too large: `bytesMax` of it. Pieces are copied together as
 * they come, so that a flood of tiny ones takes no more memory than its bytes. Rejects with ApiError when the
 * client takes too long or breaks off.
 */
export async function readBody(request: Readable, bytesMax: number, timeoutMs: number): Promise<Uint8Array> {
  let buffer = Buffer.alloc(0);
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    const late = new ApiError('Timeout', 'the body of the request did not arrive in time');
    timer = setTimeout(() => reject(late), timeoutMs);
  });
  const read = new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      const room = bytesMax - length;
      if (room <= 0) return;
      const piece = chunk.length > room ? chunk.subarray(0, room) : chunk;
      if (buffer.length < length + piece.length) buffer = grown(buffer, length + piece.length, bytesMax);
      piece.copy(buffer, length);
      length += piece.length;
      if (length >= bytesMax) resolve();
    });
    request.on('end', resolve);
    request.on('error', reject);
    request.on('close', resolve);
    request.on('aborted', () => reject(new ApiError('BadRequest', 'the request was broken off')));
  });
  try {
    await Promise.race([read, timeout]);
  } finally {
    clearTimeout(timer);
  }
  return buffer.subarray(0, length);
}

function grown(buffer: Buffer, needed: number, max: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafe(Math.min(max, Math.max(needed, buffer.length * 2, 4_096)));
  buffer.copy(larger);
  return larger;
}
