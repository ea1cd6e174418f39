/**
 * Asks a model without a server, in the corpus' own spelling.
 *
 *   tools/node/run tools/tiny-chat/ask.ts models/tiny-chat/tiny-chat-f16.gguf "what is a pod ?"
 */
import { greedyAnswer } from './greedy-answer.ts';
import { loadForTools } from './load-model.ts';

const [path, ...questions] = process.argv.slice(2);
if (path === undefined || questions.length === 0) {
  console.error('usage: ask.ts MODEL.gguf QUESTION…');
  process.exit(2);
}
const model = await loadForTools(path);
for (const question of questions) console.log(await greedyAnswer(model, question));
process.exit(0);
