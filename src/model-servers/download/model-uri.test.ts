import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { FlagError } from '../openai-http/flags.ts';
import { parseModelUri, type RemoteSource } from './model-uri.ts';

const hash = 'ab'.repeat(32);

test('paths and file:// name a file, absolute or relative', () => {
  for (const [text, path] of [
    ['/models/a.gguf', '/models/a.gguf'],
    ['file:///models/a%20b.gguf', '/models/a b.gguf'],
    ['file://models/a.gguf', resolve('models/a.gguf')],
    ['models/a.gguf', resolve('models/a.gguf')],
  ] as const) {
    const source = parseModelUri(text, {});
    assert.equal(source.kind === 'local' && source.path, path);
  }
});

test('a model is called by its file unless told', () => {
  assert.equal(parseModelUri('/models/Small-Q4.gguf', {}).name, 'Small-Q4');
  assert.equal(parseModelUri('builtin://tiny-chat', {}).name, 'tiny-chat');
  assert.equal(parseModelUri('hf://o/r/dir/m.gguf@main', {}).name, 'm');
  assert.equal(parseModelUri('https://host/', {}).name, 'model');
});

test('hf:// becomes the address of a file at a revision', () => {
  for (const [text, url] of [
    ['hf://o/r/m.gguf', 'https://huggingface.co/o/r/resolve/main/m.gguf'],
    ['hf://o/r/sub/m.gguf@v1.2', 'https://huggingface.co/o/r/resolve/v1.2/sub/m.gguf'],
    ['hf://o/r/m.gguf@refs/pr/1', 'https://huggingface.co/o/r/resolve/refs%2Fpr%2F1/m.gguf'],
  ] as const) {
    assert.equal((parseModelUri(text, {}) as RemoteSource).url.href, url);
  }
});

test('a mirror may have a path, and the token belongs to its origin alone', () => {
  const source = parseModelUri('hf://o/r/m.gguf', { HF_ENDPOINT: 'https://mirror.example/hub/', HF_TOKEN: 'secret' });
  assert.ok(source.kind === 'remote');
  assert.equal(source.url.href, 'https://mirror.example/hub/o/r/resolve/main/m.gguf');
  assert.deepEqual(source.credentials, { origin: 'https://mirror.example', token: 'secret' });
  const elsewhere = parseModelUri('https://host.example/m.gguf', { HF_TOKEN: 'secret' });
  assert.equal((elsewhere as RemoteSource).credentials, undefined);
});

test('a promised checksum is read from the fragment', () => {
  assert.equal(parseModelUri(`https://host/m.gguf#sha256=${hash.toUpperCase()}`, {}).sha256, hash);
  assert.equal(parseModelUri(`/m.gguf#sha256=${hash}`, {}).sha256, hash);
  assert.equal(parseModelUri('/m.gguf', {}).sha256, undefined);
});

for (const [text, message] of [
  ['ftp://host/m.gguf', /ftp:\/\/ is not served/],
  ['http://host/m.gguf', /http:\/\/ is not served/],
  ['https://user:hidden@host/m.gguf', /user or a password/],
  ['https://', /no URL/],
  ['hf://o/m.gguf', /name the file/],
  ['hf://o/r/m.gguf@', /name the file/],
  ['hf://o/r/../../m.gguf', /refused/],
  ['hf://o/r/%2e%2e/m.gguf', /refused/],
  ['hf://o/r//m.gguf', /refused/],
  ['hf://o/r/m.gguf@../../x', /refused/],
  ['hf://o/r/m.gguf?x=y', /refused/],
  ['builtin://../etc', /no name of a model/],
  ['builtin://tiny-chat/..', /no name of a model/],
  ['builtin://nobody', /no such built-in model/],
  ['builtin://use-lite', /no GGUF/],
  ['file://%zz', /two hexadecimal digits/],
  ['', /names no file/],
  ['/m.gguf#md5=1', /only sha256=/],
  ['/m.gguf#sha256=12', /only sha256=/],
] as const) {
  test(`--model ${JSON.stringify(text)} is refused`, () => {
    assert.throws(
      () => parseModelUri(text, {}),
      (error) => {
        assert.ok(error instanceof FlagError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hidden/);
        return true;
      },
    );
  });
}
