import { seededRandom } from '../../src/std/random.ts';
import { conversations, transcript } from './corpus.ts';
import { learnPieces } from './byte-pair-encoding.ts';
import { elementsOf, writeGguf, type Tensor } from './gguf-writer.ts';
import { llamaMetadata, llamaTensors, tinyChatShape, tinyChatTemplate, type LlamaShape } from './llama-model.ts';
import { vocabularyOf, type Vocabulary } from './vocabulary.ts';

export interface SizeClass {
  readonly shape: LlamaShape;
  readonly vocabularySize: number;
}

const sized = (vocabularySize: number, shape: Partial<LlamaShape>): SizeClass => ({
  vocabularySize,
  shape: { ...tinyChatShape, contextTokens: 2048, ...shape },
});

/** Named for their parameters, about. */
export const sizeClasses: Readonly<Record<string, SizeClass>> = {
  '1m': sized(0, {}),
  '15m': sized(2_000, { dimension: 384, layers: 8, heads: 6, keyValueHeads: 6, feedForward: 1_024 }),
  '23m': sized(32_000, { dimension: 384, layers: 6, heads: 6, keyValueHeads: 6, feedForward: 1_024 }),
  '155m': sized(32_000, {
    dimension: 768,
    layers: 15,
    heads: 12,
    keyValueHeads: 12,
    feedForward: 2_048,
    tiedOutput: false,
  }),
};

/** The vocabulary of the committed model, filled up to `size`. */
export function tinyChatVocabulary(size = 0): Vocabulary {
  return vocabularyOf(learnPieces(conversations(4_000).map(transcript).join(' '), 420), size);
}

/** Weights whose scale keeps activations finite through any depth; norms are one. A function of seed and tensor name. */
export function randomWeights(seed: number): (tensor: Tensor) => Float32Array {
  return (tensor) => {
    const values = new Float32Array(elementsOf(tensor));
    if (tensor.shape.length === 1) return values.fill(1);
    const random = seededRandom(seed).fork(tensor.name);
    const deviation =
      tensor.name === 'token_embd.weight'
        ? 0.5
        : tensor.name === 'output.weight'
          ? 0.3
          : 1.7 / Math.sqrt(tensor.shape[0] ?? 1);
    // The sum of three uniform draws is close enough to a normal one, and much cheaper.
    for (let i = 0; i < values.length; i++) {
      values[i] = (random.next() + random.next() + random.next() - 1.5) * 2 * deviation;
    }
    return values;
  };
}

/**
 * Writes a GGUF with random weights and returns its size in bytes. It speaks nonsense, but it loads, costs memory
 * and takes time like a trained model of its size. The same seed and shape give the same bytes.
 */
export function writeRandomModel(path: string, { shape, vocabularySize }: SizeClass, seed = 1): number {
  const vocabulary = tinyChatVocabulary(vocabularySize);
  return writeGguf(
    path,
    llamaMetadata('random', shape, vocabulary, 'f16', tinyChatTemplate),
    llamaTensors(shape, vocabulary.tokens.length, 'f16'),
    randomWeights(seed),
  );
}
