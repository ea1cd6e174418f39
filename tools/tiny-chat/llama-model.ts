import type { Metadata, Tensor } from './gguf-writer.ts';
import { beginToken, endToken, unknownToken, type Vocabulary } from './vocabulary.ts';

/** The sizes of a Llama-shaped transformer (RMS norm, rotary positions on adjacent pairs, SwiGLU). */
export interface LlamaShape {
  readonly dimension: number;
  readonly layers: number;
  readonly heads: number;
  /** Fewer than `heads` is grouped-query attention. */
  readonly keyValueHeads: number;
  readonly feedForward: number;
  readonly contextTokens: number;
  /** Whether the output matrix is the embedding matrix. */
  readonly tiedOutput: boolean;
}

export const tinyChatShape: LlamaShape = {
  dimension: 128,
  layers: 4,
  heads: 4,
  keyValueHeads: 4,
  feedForward: 352,
  contextTokens: 256,
  tiedOutput: true,
};

/** Renders what corpus.ts calls a transcript, open at the answer. */
export const tinyChatTemplate =
  "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\\n' }}{% endfor %}assistant: ";

/** Metadata as llama.cpp reads it for `general.architecture` = llama; matrices are stored as `precision`. */
export function llamaMetadata(
  name: string,
  shape: LlamaShape,
  vocabulary: Vocabulary,
  precision: 'f32' | 'f16',
  chatTemplate?: string,
): Metadata {
  const u32 = (value: number) => ({ type: 'u32', value }) as const;
  const string = (value: string) => ({ type: 'string', value }) as const;
  return {
    'general.architecture': string('llama'),
    'general.name': string(name),
    'general.file_type': u32(precision === 'f16' ? 1 : 0),
    'llama.block_count': u32(shape.layers),
    'llama.context_length': u32(shape.contextTokens),
    'llama.embedding_length': u32(shape.dimension),
    'llama.feed_forward_length': u32(shape.feedForward),
    'llama.attention.head_count': u32(shape.heads),
    'llama.attention.head_count_kv': u32(shape.keyValueHeads),
    'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
    'llama.rope.dimension_count': u32(shape.dimension / shape.heads),
    'llama.vocab_size': u32(vocabulary.tokens.length),
    'tokenizer.ggml.model': string('llama'),
    'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: vocabulary.tokens },
    'tokenizer.ggml.scores': { type: 'array', of: 'f32', value: vocabulary.scores },
    'tokenizer.ggml.token_type': { type: 'array', of: 'i32', value: vocabulary.types },
    'tokenizer.ggml.bos_token_id': u32(beginToken),
    'tokenizer.ggml.eos_token_id': u32(endToken),
    'tokenizer.ggml.unknown_token_id': u32(unknownToken),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: true },
    ...(chatTemplate === undefined ? {} : { 'tokenizer.chat_template': string(chatTemplate) }),
  };
}

/** Every tensor in the order of the file. Norms stay f32: they are few and llama.cpp wants them so. */
export function llamaTensors(shape: LlamaShape, vocabularySize: number, precision: 'f32' | 'f16'): readonly Tensor[] {
  const { dimension, heads, keyValueHeads, feedForward } = shape;
  const headSize = dimension / heads;
  const matrix = (name: string, from: number, to: number): Tensor => ({ name, shape: [from, to], precision });
  const norm = (name: string): Tensor => ({ name, shape: [dimension], precision: 'f32' });
  const tensors = [matrix('token_embd.weight', dimension, vocabularySize), norm('output_norm.weight')];
  if (!shape.tiedOutput) tensors.push(matrix('output.weight', dimension, vocabularySize));
  for (let layer = 0; layer < shape.layers; layer++) {
    const block = `blk.${layer}`;
    tensors.push(
      norm(`${block}.attn_norm.weight`),
      matrix(`${block}.attn_q.weight`, dimension, heads * headSize),
      matrix(`${block}.attn_k.weight`, dimension, keyValueHeads * headSize),
      matrix(`${block}.attn_v.weight`, dimension, keyValueHeads * headSize),
      matrix(`${block}.attn_output.weight`, heads * headSize, dimension),
      norm(`${block}.ffn_norm.weight`),
      matrix(`${block}.ffn_gate.weight`, dimension, feedForward),
      matrix(`${block}.ffn_up.weight`, dimension, feedForward),
      matrix(`${block}.ffn_down.weight`, feedForward, dimension),
    );
  }
  return tensors;
}
