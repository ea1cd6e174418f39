/**
 * Makes a model of a chosen size with random weights.
 *
 *   tools/node/run tools/tiny-chat/make-random-model.ts OUT.gguf --size 15m
 */
import { parseArgs } from 'node:util';
import { sizeClasses, writeRandomModel } from './random-model.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '1m' }, seed: { type: 'string', default: '1' } },
});
const size = sizeClasses[values.size];
const [out] = positionals;
if (size === undefined || out === undefined) {
  console.error(`usage: make-random-model.ts OUT.gguf [--size ${Object.keys(sizeClasses).join('|')}] [--seed N]`);
  process.exit(2);
}
const bytes = writeRandomModel(out, size, Number(values.seed));
console.log(`${out}: ${(bytes / 1e6).toFixed(1)} MB`);
