import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ageText, humanDuration } from './duration-text.ts';

const golden = JSON.parse(
  readFileSync(new URL('./testdata/texts/durations.json', import.meta.url), 'utf8'),
) as readonly { readonly text: string; readonly answer: string }[];

test('ages are printed as kubectl prints them', () => {
  for (const { text, answer } of golden) assert.equal(humanDuration(Number(text)), answer, text);
});

test('an age that nobody knows is said to be unknown', () => {
  const now = Date.parse('2026-01-01T00:05:32Z');
  assert.equal(ageText('2026-01-01T00:00:00Z', now), '5m32s');
  assert.equal(ageText(undefined, now), '<unknown>');
  assert.equal(ageText(null, now), '<unknown>');
});
