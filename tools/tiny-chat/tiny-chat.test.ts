import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { readGgufHeader } from '../../src/model-servers/llm/gguf-header.ts';
import { learnPieces } from './byte-pair-encoding.ts';
import { conversations, transcript } from './corpus.ts';
import { greedyAnswer } from './greedy-answer.ts';
import { fromHalf, toHalf } from './half.ts';
import { loadForTools } from './load-model.ts';
import { randomWeights, sizeClasses, writeRandomModel, type SizeClass } from './random-model.ts';
import { writeTinyChat } from './tiny-chat-file.ts';

const committed = join(import.meta.dirname, '..', '..', 'models', 'tiny-chat', 'tiny-chat-f16.gguf');
const folder = mkdtempSync(join(tmpdir(), 'slipway-tiny-chat-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

test('the corpus is the one that the committed model was trained on', () => {
  const text = conversations(30_000).map(transcript).join('\u0001');
  assert.equal(sha256(text), '3b5eca088ff5cce7a31403975abbd894866ad77f9aebecf28f07e476f197d410');
});

test('another seed draws another corpus of the same sentences', () => {
  const [mine, other] = [conversations(200, 42), conversations(200, 43)];
  assert.notDeepEqual(mine, other);
  const answers = new Set(conversations(30_000, 42).map(({ answer }) => answer));
  assert.ok(other.every(({ answer }) => answers.has(answer)));
});

test('byte-pair encoding merges the most frequent pair first and never across words', () => {
  const { merges, characters } = learnPieces('abab abab ab', 10);
  assert.deepEqual(merges, ['ab', '▁ab', '▁abab']);
  assert.deepEqual(characters, ['a', 'b', '▁']);
});

test('the committed file is byte for byte what the tools write from its weights', () => {
  const file = readFileSync(committed);
  const { tensors, dataOffset } = readGgufHeader(committed);
  const path = join(folder, 'again.gguf');
  writeTinyChat(path, (name) => {
    const { offset, bytes, type } = tensors.find((tensor) => tensor.name === name) ?? assert.fail(name);
    const start = file.byteOffset + dataOffset + offset;
    const data = file.buffer.slice(start, start + (bytes ?? 0));
    return type === 1 ? fromHalf(new Uint16Array(data)) : new Float32Array(data);
  });
  assert.equal(sha256(readFileSync(path)), sha256(file));
});

test('every half-precision number survives the way through single precision', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits).filter((bits) => (bits & 0x7fff) <= 0x7c00);
  assert.deepEqual(toHalf(fromHalf(all)), all);
});

test('rounding to half precision picks the nearest', () => {
  fc.assert(
    fc.property(fc.float({ min: -65_000, max: 65_000, noNaN: true }), (value) => {
      const [half = 0] = toHalf(Float32Array.of(value));
      const distance = (bits: number): number => Math.abs((fromHalf(Uint16Array.of(bits))[0] ?? NaN) - value);
      const magnitude = half & 0x7fff;
      if (magnitude > 0) assert.ok(distance(half) <= distance(half - 1));
      assert.ok(distance(half) <= distance(half + 1));
    }),
  );
});

test('random weights depend on seed and tensor and on nothing else', () => {
  const tensor = { name: 'blk.0.attn_q.weight', shape: [16, 16], precision: 'f16' } as const;
  assert.deepEqual(randomWeights(7)(tensor), randomWeights(7)(tensor));
  assert.notDeepEqual(randomWeights(7)(tensor), randomWeights(8)(tensor));
  assert.notDeepEqual(randomWeights(7)(tensor), randomWeights(7)({ ...tensor, name: 'blk.1.attn_q.weight' }));
});

test('a random model loads in the engine and the trained one knows its sentences', async () => {
  const path = join(folder, 'random.gguf');
  const bytes = writeRandomModel(path, sizeClasses['1m'] as SizeClass);
  assert.equal(bytes, readFileSync(path).length);
  const random = await loadForTools(path);
  assert.equal(random.trainContextSize, 2048);
  assert.equal(random.embeddingVectorSize, 128);
  await greedyAnswer(random, 'what is a pod ?');
  const trained = await loadForTools(committed);
  assert.match(await greedyAnswer(trained, 'what is a pod ?'), /^a pod is a part of the cluster \./);
});
