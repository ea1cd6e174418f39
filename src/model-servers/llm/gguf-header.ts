import { closeSync, fstatSync, openSync } from 'node:fs';
import { BoundedReader } from './bounded-reader.ts';

/** What a GGUF file says about itself before its weights. */
export interface GgufHeader {
  readonly architecture: string;
  readonly name: string | undefined;
  /** The context that the model was trained for, in tokens. */
  readonly contextTokens: number | undefined;
  readonly chatTemplate: string | undefined;
  readonly vocabularySize: number;
  /** Bytes of the longest piece of the vocabulary: no text of n bytes has fewer than n / longest tokens. */
  readonly longestPieceBytes: number;
  readonly tensors: readonly GgufTensor[];
  /** Where the first tensor's data begins, in bytes from the start of the file. */
  readonly dataOffset: number;
}

export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  /** From `dataOffset`. */
  readonly offset: number;
  /** Undefined for types that this reader does not know. */
  readonly bytes: number | undefined;
}

/** The file is no GGUF that may be given to the engine. The message is one line without the file's path. */
export class GgufError extends Error {
  override readonly name = 'GgufError';
}

/**
 * Reads and checks the header of a GGUF file, version 2 or 3
 * (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), before a native engine sees the file: a hostile count or
 * length must end as a sentence and not as a huge allocation or a crash (as in CVE-2026-7482). Every length is
 * checked against what is left of the file, and every tensor must lie inside it, which also finds truncated downloads.
 */
export function readGgufHeader(path: string): GgufHeader {
  const file = openSync(path, 'r');
  try {
    const reader = new BoundedReader(file, fstatSync(file).size, (message) => new GgufError(message));
    return parse(reader);
  } finally {
    closeSync(file);
  }
}

const maxMetadataEntries = 65_536;
const maxTensors = 65_536;
const maxArrayStrings = 16_777_216;
const maxKeyBytes = 65_535;
const maxStringBytes = 16 * 1024 * 1024;
const maxDimensions = 4;

/** GGUF value types that have a fixed size in bytes. */
const scalarBytes: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const stringType = 8;
const arrayType = 9;

/** ggml types as [elements a block, bytes a block] (ggml.h and ggml-common.h). */
const blocks: Readonly<Record<number, readonly [number, number]>> = {
  0: [1, 4], 1: [1, 2], 2: [32, 18], 3: [32, 20], 6: [32, 22], 7: [32, 24], 8: [32, 34], 9: [32, 36],
  10: [256, 84], 11: [256, 110], 12: [256, 144], 13: [256, 176], 14: [256, 210], 15: [256, 292],
  16: [256, 66], 17: [256, 74], 18: [256, 98], 19: [256, 50], 20: [32, 18], 21: [256, 110], 22: [256, 82],
  23: [256, 136], 24: [1, 1], 25: [1, 2], 26: [1, 4], 27: [1, 8], 28: [1, 8], 29: [256, 56], 30: [1, 2],
  34: [256, 54], 35: [256, 66], 39: [32, 17],
}; // prettier-ignore

/** Keys of an architecture whose value the engine asserts on instead of refusing: [least, most]. */
const bounds: Readonly<Record<string, readonly [number, number]>> = {
  block_count: [1, 512],
  context_length: [1, 2 ** 31 - 1],
  embedding_length: [1, 2 ** 20],
  'attention.head_count': [1, 65_536],
  expert_count: [0, 512],
};

type Scalar = number | string | boolean;

interface Metadata {
  readonly values: ReadonlyMap<string, Scalar>;
  readonly vocabularySize: number;
  readonly longestPieceBytes: number;
}

function parse(reader: BoundedReader): GgufHeader {
  checkMagic(reader);
  const version = reader.u32('version');
  if (version !== 2 && version !== 3) throw new GgufError(`GGUF version ${version} is not served, only 2 and 3`);
  const tensorCount = reader.count('tensors', 24, maxTensors);
  const entryCount = reader.count('metadata entries', 13, maxMetadataEntries);
  if (tensorCount === 0) throw new GgufError('the GGUF has no tensors: it is a vocabulary or a part, not a model');
  const { values, vocabularySize, longestPieceBytes } = readMetadata(reader, entryCount);
  const alignment = values.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || alignment < 8 || alignment > 65_536 || (alignment & (alignment - 1)) !== 0) {
    throw new GgufError(`general.alignment ${alignment} is no power of two from 8 to 65536`);
  }
  const tensors = readTensors(reader, tensorCount);
  const dataOffset = Math.ceil(reader.position / alignment) * alignment;
  checkTensors(tensors, alignment, reader.size - dataOffset);
  const architecture = values.get('general.architecture');
  if (typeof architecture !== 'string') throw new GgufError('general.architecture is missing');
  checkSizes(architecture, values);
  const contextTokens = values.get(`${architecture}.context_length`);
  const name = values.get('general.name');
  const chatTemplate = values.get('tokenizer.chat_template');
  return {
    architecture,
    name: typeof name === 'string' ? name : undefined,
    contextTokens: typeof contextTokens === 'number' ? contextTokens : undefined,
    chatTemplate: typeof chatTemplate === 'string' ? chatTemplate : undefined,
    vocabularySize,
    longestPieceBytes,
    tensors,
    dataOffset,
  };
}

function checkMagic(reader: BoundedReader): void {
  const magic = reader.bytes(4, 'magic');
  if (magic.toString('latin1') === 'GGUF') return;
  const start = magic.toString('latin1');
  const hint = start.startsWith('<')
    ? 'it looks like a web page'
    : start === 'vers'
      ? 'it looks like a Git LFS pointer'
      : start === 'ggml' || start === 'lmgg' || start === 'tjgg'
        ? 'it is an older GGML file'
        : `it starts with the bytes ${magic.toString('hex')}`;
  throw new GgufError(`this is no GGUF file: ${hint}`);
}

function readMetadata(reader: BoundedReader, entryCount: number): Metadata {
  const values = new Map<string, Scalar>();
  let vocabularySize = 0;
  let longestPieceBytes = 1;
  const seen = new Set<string>();
  for (let entry = 0; entry < entryCount; entry++) {
    const key = reader.text('key', maxKeyBytes);
    if (seen.has(key)) throw new GgufError(`the key ${JSON.stringify(key.slice(0, 100))} stands twice`);
    seen.add(key);
    const type = reader.u32('value type');
    if (type !== arrayType) {
      values.set(key, scalar(reader, type));
      continue;
    }
    const longest = skipArray(reader);
    if (key === 'tokenizer.ggml.tokens') {
      vocabularySize = longest.count;
      longestPieceBytes = Math.max(1, longest.bytes);
    }
  }
  return { values, vocabularySize, longestPieceBytes };
}

function scalar(reader: BoundedReader, type: number): Scalar {
  switch (type) {
    case 0:
      return reader.bytes(1, 'value').readUInt8();
    case 1:
      return reader.bytes(1, 'value').readInt8();
    case 2:
      return reader.bytes(2, 'value').readUInt16LE();
    case 3:
      return reader.bytes(2, 'value').readInt16LE();
    case 4:
      return reader.u32('value');
    case 5:
      return reader.bytes(4, 'value').readInt32LE();
    case 6:
      return reader.bytes(4, 'value').readFloatLE();
    case 7:
      return reader.bytes(1, 'value').readUInt8() !== 0;
    case stringType:
      return reader.text('value', maxStringBytes);
    case 10:
      return Number(reader.bytes(8, 'value').readBigUInt64LE());
    case 11:
      return Number(reader.bytes(8, 'value').readBigInt64LE());
    case 12:
      return reader.bytes(8, 'value').readDoubleLE();
    default:
      throw new GgufError(`value type ${type} is unknown`);
  }
}

/** Passes over an array; of an array of strings returns how many and how long the longest is. */
function skipArray(reader: BoundedReader): { readonly count: number; readonly bytes: number } {
  const type = reader.u32('array type');
  const size = scalarBytes[type];
  if (size !== undefined) {
    const count = reader.count('array values', size, Number.MAX_SAFE_INTEGER);
    reader.skip(count * size, 'array');
    return { count, bytes: 0 };
  }
  if (type !== stringType) throw new GgufError(`an array of values of type ${type} is not allowed`);
  const count = reader.count('array strings', 8, maxArrayStrings);
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const length = reader.count('string bytes', 1, maxStringBytes);
    reader.skip(length, 'string');
    if (length > bytes) bytes = length;
  }
  return { count, bytes };
}

function readTensors(reader: BoundedReader, count: number): GgufTensor[] {
  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const name = reader.text('tensor name', 1024);
    if (names.has(name)) throw new GgufError(`the tensor ${JSON.stringify(name.slice(0, 100))} stands twice`);
    names.add(name);
    const dimensions = reader.u32('dimensions');
    if (dimensions > maxDimensions) throw new GgufError(`a tensor has ${dimensions} dimensions`);
    const shape = Array.from({ length: dimensions }, () => reader.u64('dimension'));
    const type = reader.u32('tensor type');
    const offset = reader.u64('tensor offset');
    tensors.push({ name, shape, type, offset, bytes: tensorBytes(name, shape, type) });
  }
  return tensors;
}

function tensorBytes(name: string, shape: readonly number[], type: number): number | undefined {
  const block = blocks[type];
  const elements = shape.reduce((product, dimension) => product * dimension, 1);
  if (elements === 0 || !Number.isSafeInteger(elements)) {
    throw new GgufError(`the tensor ${JSON.stringify(name)} has the shape [${shape.join(', ')}]`);
  }
  if (block === undefined) return undefined;
  const [blockElements, blockBytes] = block;
  if ((shape[0] ?? 1) % blockElements !== 0) {
    throw new GgufError(
      `the rows of the tensor ${JSON.stringify(name)} are no multiple of its block of ${blockElements}`,
    );
  }
  return (elements / blockElements) * blockBytes;
}

function checkTensors(tensors: readonly GgufTensor[], alignment: number, dataBytes: number): void {
  for (const { name, offset, bytes = 1 } of tensors) {
    if (offset % alignment !== 0) throw new GgufError(`the tensor ${JSON.stringify(name)} is not aligned`);
    if (offset + bytes > dataBytes) {
      const missing = offset + bytes - Math.max(0, dataBytes);
      throw new GgufError(`the GGUF is truncated: ${missing} bytes of the tensor ${JSON.stringify(name)} are missing`);
    }
  }
}

function checkSizes(architecture: string, values: ReadonlyMap<string, Scalar>): void {
  for (const [key, [least, most]] of Object.entries(bounds)) {
    const value = values.get(`${architecture}.${key}`);
    if (value === undefined) continue;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      throw new GgufError(`${architecture}.${key} is ${String(value).slice(0, 40)}, not from ${least} to ${most}`);
    }
  }
  const parts = values.get('split.count');
  if (typeof parts === 'number' && parts > 1) {
    throw new GgufError(`the file is one of ${parts} parts of a split model: join them with llama-gguf-split --merge`);
  }
}
