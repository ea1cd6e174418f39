import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { ggufHeader, type Metadata, type Tensor } from '../../../tools/tiny-chat/gguf-writer.ts';
import { GgufError, readGgufHeader, type GgufHeader } from './gguf-header.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-gguf-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const whole = readFileSync(join(import.meta.dirname, '..', '..', '..', 'models', 'tiny-chat', 'tiny-chat-f16.gguf'));

function read(bytes: Uint8Array): GgufHeader {
  const path = join(folder, 'file.gguf');
  writeFileSync(path, bytes);
  return readGgufHeader(path);
}

const llama: Metadata = { 'general.architecture': { type: 'string', value: 'llama' } };
const tensor: Tensor = { name: 't', shape: [4], precision: 'f32' };

/** A whole small file: header, padding, 16 bytes of data. */
function small(metadata: Metadata = llama, tensors: readonly Tensor[] = [tensor]): Buffer {
  const header = ggufHeader(metadata, tensors);
  return Buffer.concat([header, Buffer.alloc(32 - (header.length % 32)), Buffer.alloc(16)]);
}

test('the header of the committed model is read', () => {
  const { tensors, ...header } = read(whole);
  assert.equal(tensors.length, 38);
  assert.deepEqual(tensors[0], { name: 'token_embd.weight', shape: [128, 713], type: 1, offset: 0, bytes: 182528 });
  assert.equal(header.architecture, 'llama');
  assert.equal(header.contextTokens, 256);
  assert.equal(header.vocabularySize, 713);
  assert.equal(header.longestPieceBytes, 13);
  assert.match(header.chatTemplate ?? '', /assistant/);
});

test('a file that was cut anywhere is refused', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
      assert.throws(() => read(whole.subarray(0, length)), GgufError);
    }),
  );
});

test('however its header is damaged, it is read or refused, and quickly', () => {
  const headerBytes = read(whole).dataOffset;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(headerBytes - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
      const bytes = Buffer.from(whole);
      for (const [position, value] of changes) bytes[position] = value;
      try {
        assert.ok(read(bytes).tensors.length <= 65_536);
      } catch (error) {
        assert.ok(error instanceof GgufError, String(error));
        assert.doesNotMatch(error.message, /\n/);
      }
    }),
    { numRuns: 300 },
  );
});

const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};
const head = (version: number, tensors: bigint, entries: bigint): Buffer =>
  Buffer.concat([Buffer.from('GGUF'), Buffer.from([version, 0, 0, 0]), u64(tensors), u64(entries)]);
const huge = 2n ** 62n;
const patched = (bytes: Buffer, find: string, offset: number, value: bigint): Buffer => {
  u64(value).copy(bytes, bytes.indexOf(find) + offset);
  return bytes;
};

for (const [what, bytes, message] of [
  ['an empty file', Buffer.alloc(0), /truncated/],
  ['a web page', Buffer.from('<!doctype html><title>Sign in</title>'), /no GGUF file: it looks like a web page/],
  ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /Git LFS pointer/],
  ['another format', Buffer.from([0x50, 0x4b, 3, 4, 0, 0]), /starts with the bytes 504b0304/],
  ['a future version', head(9, 1n, 1n), /version 9/],
  [
    'a big-endian file',
    Buffer.concat([Buffer.from('GGUF'), Buffer.from([0, 0, 0, 3]), Buffer.alloc(32)]),
    /version 50331648/,
  ],
  ['2^62 tensors', head(3, huge, 0n), /number of tensors/],
  ['a million tensors in no room', head(3, 1_000_000n, 0n), /more than the file can hold/],
  ['2^40 metadata entries', head(3, 1n, 2n ** 40n), /more than the file can hold/],
  ['no tensors', head(3, 0n, 0n), /no tensors/],
  ['a key of 2^60 bytes', Buffer.concat([head(3, 1n, 1n), u64(2n ** 60n), Buffer.alloc(64)]), /key/],
  ['a text longer than the file', patched(small(), 'llama', -8, 1_000_000n), /more than the file can hold/],
  [
    'a vocabulary of 2^50 pieces',
    patched(
      small({ ...llama, 'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: ['a'] } }),
      'tokenizer.ggml.tokens',
      21 + 8,
      2n ** 50n,
    ),
    /more than the file can hold/,
  ],
  [
    'a tensor outside the file',
    small(llama, [{ ...tensor, shape: [4, 4096] }]),
    /truncated: 65520 bytes of the tensor "t" are missing/,
  ],
  ['a tensor of 2^80 numbers', small(llama, [{ ...tensor, shape: [2 ** 40, 2 ** 40] }]), /shape/],
  ['a tensor without numbers', small(llama, [{ ...tensor, shape: [0] }]), /shape/],
  ['the same tensor twice', small(llama, [tensor, tensor]), /"t" stands twice/],
  ['no architecture', small({ x: { type: 'bool', value: true } }), /general\.architecture is missing/],
  [
    'a billion layers',
    small({ ...llama, 'llama.block_count': { type: 'u32', value: 1e9 } }),
    /llama\.block_count is 1000000000/,
  ],
  ['no heads', small({ ...llama, 'llama.attention.head_count': { type: 'u32', value: 0 } }), /head_count is 0/],
  ['an odd alignment', small({ ...llama, 'general.alignment': { type: 'u32', value: 3 } }), /alignment 3/],
  ['an alignment of 0', small({ ...llama, 'general.alignment': { type: 'u32', value: 0 } }), /alignment 0/],
  ['a part of a split model', small({ ...llama, 'split.count': { type: 'u32', value: 4 } }), /one of 4 parts/],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => read(bytes),
      (error) => {
        assert.ok(error instanceof GgufError, String(error));
        assert.match(error.message, message);
        return true;
      },
    );
  });
}
