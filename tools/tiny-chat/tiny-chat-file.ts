import { writeGguf } from './gguf-writer.ts';
import { llamaMetadata, llamaTensors, tinyChatShape, tinyChatTemplate } from './llama-model.ts';
import { tinyChatVocabulary } from './random-model.ts';

/** The name inside the committed file, from before the model was called tiny-chat. */
const nameInFile = 'demo-0.9m';

/** Writes models/tiny-chat/tiny-chat-f16.gguf from trained weights; returns its size in bytes. */
export function writeTinyChat(path: string, weightsOf: (tensorName: string) => Float32Array): number {
  const vocabulary = tinyChatVocabulary();
  return writeGguf(
    path,
    llamaMetadata(nameInFile, tinyChatShape, vocabulary, 'f16', tinyChatTemplate),
    llamaTensors(tinyChatShape, vocabulary.tokens.length, 'f16'),
    ({ name }) => weightsOf(name),
  );
}
