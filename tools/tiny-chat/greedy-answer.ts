import type { LlamaModel, Token } from 'node-llama-cpp';
import { transcript } from './corpus.ts';
import { beginToken } from './vocabulary.ts';

/** The likeliest answer, of at most 64 tokens. */
export async function greedyAnswer(model: LlamaModel, question: string): Promise<string> {
  const context = await model.createContext({ contextSize: 256, threads: 1 });
  const prompt = transcript({ question, answer: '' }).trimEnd();
  const answer: Token[] = [];
  const tokens = context.getSequence().evaluate([beginToken as Token, ...model.tokenize(prompt, false)]);
  for await (const token of tokens) {
    answer.push(token);
    if (answer.length === 64) break;
  }
  await context.dispose();
  return model.detokenize(answer).trim();
}
