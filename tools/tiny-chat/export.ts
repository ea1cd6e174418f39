/**
 * Turns what train.py learnt into the GGUF file.
 *
 *   tools/node/run tools/tiny-chat/export.ts FOLDER OUT.gguf
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTinyChat } from './tiny-chat-file.ts';

const [folder, out] = process.argv.slice(2);
if (folder === undefined || out === undefined) {
  console.error('usage: export.ts FOLDER OUT.gguf');
  process.exit(2);
}
const index = JSON.parse(readFileSync(join(folder, 'weights.json'), 'utf8')) as Record<
  string,
  { readonly offset: number; readonly elements: number }
>;
const weights = readFileSync(join(folder, 'weights.bin'));
const bytes = writeTinyChat(out, (name) => {
  const entry = index[name];
  if (entry === undefined) throw new Error(`weights.json has no ${name}`);
  const start = weights.byteOffset + entry.offset;
  return new Float32Array(weights.buffer.slice(start, start + entry.elements * 4));
});
console.log(`${out}: ${(bytes / 1e6).toFixed(1)} MB`);
