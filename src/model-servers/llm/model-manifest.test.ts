import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readManifest } from './model-manifest.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-manifest-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const plain = { textForm: 'as-is', stop: [], sampling: {} };

function manifestOf(text: string): ReturnType<typeof readManifest> {
  writeFileSync(join(folder, 'model.json'), text);
  return readManifest(join(folder, 'm.gguf'));
}

test('a model without a manifest, or with that of another file, is served as it is', () => {
  assert.deepEqual(readManifest('/nowhere/m.gguf'), plain);
  assert.deepEqual(manifestOf('{"file":"other.gguf","textForm":"spaced-lower-case"}'), plain);
});

test('a manifest says how a model spells, stops and samples', () => {
  const manifest = manifestOf(
    '{"file":"m.gguf","name":"x","textForm":"spaced-lower-case","stop":["\\n"],"sampling":{"temperature":0}}',
  );
  assert.deepEqual(manifest, { name: 'x', textForm: 'spaced-lower-case', stop: ['\n'], sampling: { temperature: 0 } });
});

for (const [text, message] of [
  ['{', /no JSON object/],
  ['[]', /no JSON object/],
  ['{"file":"m.gguf","textForm":"constructor"}', /textForm must be one of as-is, spaced-lower-case/],
  ['{"file":"m.gguf","stop":["a",""]}', /stop must be an array of texts/],
  ['{"file":"m.gguf","sampling":{"temperature":"0"}}', /sampling\.temperature must be a number/],
] as const) {
  test(`the manifest ${text} is refused`, () => assert.throws(() => manifestOf(text), message));
}

test('the manifest of the committed model tells the truth about its file', () => {
  const models = join(import.meta.dirname, '..', '..', '..', 'models', 'tiny-chat');
  const { file, bytes, sha256 } = JSON.parse(readFileSync(join(models, 'model.json'), 'utf8')) as {
    file: string;
    bytes: number;
    sha256: string;
  };
  const content = readFileSync(join(models, file));
  assert.equal(content.length, bytes);
  assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
});
