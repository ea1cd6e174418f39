/**
 * Writes what train.py reads: FOLDER/tokens.bin, the corpus as 16-bit token ids, each conversation between the begin
 * and the end token. The tokeniser is llama.cpp's own, run on a random model with the same vocabulary, so that
 * training and serving can never disagree.
 *
 *   tools/node/run tools/tiny-chat/prepare-training.ts FOLDER
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conversations, transcript } from './corpus.ts';
import { loadForTools } from './load-model.ts';
import { sizeClasses, writeRandomModel, type SizeClass } from './random-model.ts';
import { beginToken, endToken } from './vocabulary.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: prepare-training.ts FOLDER');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const tokeniserPath = join(folder, 'tokeniser.gguf');
writeRandomModel(tokeniserPath, sizeClasses['1m'] as SizeClass);
const model = await loadForTools(tokeniserPath);
const ids: number[] = [];
for (const conversation of conversations(30_000)) {
  ids.push(beginToken, ...model.tokenize(transcript(conversation), false), endToken);
}
rmSync(tokeniserPath);
writeFileSync(join(folder, 'tokens.bin'), new Uint16Array(ids));
console.log(`${join(folder, 'tokens.bin')}: ${ids.length} tokens`);
process.exit(0);
