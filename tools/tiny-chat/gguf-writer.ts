import { closeSync, openSync, writeSync } from 'node:fs';
import { toHalf } from './half.ts';

/** A metadata value with its GGUF type; arrays hold values of one type. */
export type MetadataValue =
  | { readonly type: 'u32' | 'i32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly of: 'i32' | 'f32'; readonly value: readonly number[] }
  | { readonly type: 'array'; readonly of: 'string'; readonly value: readonly string[] };

export type Metadata = Readonly<Record<string, MetadataValue>>;

/** Dimensions with the fastest-changing first, as GGUF and ggml write them. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly precision: 'f32' | 'f16';
}

const typeIds = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const alignment = 32;

/**
 * Writes a GGUF file, version 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): header, metadata,
 * tensor table, then each tensor's data on a 32-byte boundary. `dataOf` is asked once a tensor, in order, so
 * that a file larger than the memory can be written. Returns the file's size in bytes.
 */
export function writeGguf(
  path: string,
  metadata: Metadata,
  tensors: readonly Tensor[],
  dataOf: (tensor: Tensor) => Float32Array,
): number {
  const header = ggufHeader(metadata, tensors);
  const file = openSync(path, 'w');
  try {
    let position = aligned(header.length);
    writeSync(file, header);
    for (const tensor of tensors) {
      const data = dataOf(tensor);
      if (data.length !== elementsOf(tensor)) {
        throw new Error(`${tensor.name} has ${data.length} numbers, its shape wants ${elementsOf(tensor)}`);
      }
      const stored = tensor.precision === 'f16' ? toHalf(data) : data;
      const bytes = Buffer.alloc(aligned(stored.byteLength));
      bytes.set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
      // The last tensor is not padded: nothing follows it.
      writeSync(file, bytes, 0, tensor === tensors.at(-1) ? stored.byteLength : bytes.length, position);
      position += bytes.length;
    }
    return position;
  } finally {
    closeSync(file);
  }
}

/** Everything before the data, without the padding. */
export function ggufHeader(metadata: Metadata, tensors: readonly Tensor[]): Buffer {
  const parts: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(Object.keys(metadata).length)];
  for (const [key, value] of Object.entries(metadata)) parts.push(text(key), u32(typeIds[value.type]), encoded(value));
  let offset = 0;
  for (const tensor of tensors) {
    parts.push(text(tensor.name), u32(tensor.shape.length), ...tensor.shape.map(u64));
    parts.push(u32(tensor.precision === 'f16' ? 1 : 0), u64(offset));
    offset += aligned(elementsOf(tensor) * (tensor.precision === 'f16' ? 2 : 4));
  }
  return Buffer.concat(parts);
}

export function elementsOf({ shape }: Tensor): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

function encoded(value: MetadataValue): Buffer {
  switch (value.type) {
    case 'u32':
      return u32(value.value);
    case 'i32':
      return i32(value.value);
    case 'f32':
      return f32(value.value);
    case 'bool':
      return Buffer.from([value.value ? 1 : 0]);
    case 'string':
      return text(value.value);
    case 'array': {
      const items = value.of === 'string' ? value.value.map(text) : value.value.map(value.of === 'i32' ? i32 : f32);
      return Buffer.concat([u32(typeIds[value.of]), u64(items.length), ...items]);
    }
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
