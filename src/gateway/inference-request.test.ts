import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from './gateway-error.ts';
import { readInferenceRequest, renameModel } from './inference-request.ts';
import { nestsDeeperThan } from './json-depth.ts';
import { defaultLimits } from './limits.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (body: unknown, path = '/v1/chat/completions') =>
  readInferenceRequest(path, typeof body === 'string' ? bytes(body) : bytes(JSON.stringify(body)), defaultLimits);

test('the model and whether it streams are read', () => {
  const request = read({ model: 'chat', stream: true, messages: [] });
  assert.deepEqual([request.model, request.isStream], ['chat', true]);
  assert.equal(read({ model: 'chat', stream: null }).isStream, false);
  assert.equal(read({ model: 'm', stream: true, input: 'x' }, '/v1/embeddings').isStream, false);
});

test('what is refused says why and never quotes the body', async (t) => {
  const secret = 'my secret prompt';
  const rows: readonly (readonly [what: string, body: unknown, message: RegExp])[] = [
    ['no JSON', `{"model":"chat","messages":"${secret}"`, /not valid JSON/],
    ['no UTF-8', '{"model":"\ud800"}'.replace('\ud800', ''), /names a model/],
    ['a list', [secret], /must be a JSON object/],
    ['null', 'null', /must be a JSON object/],
    ['no model', { messages: [secret] }, /"model" must be/],
    ['an empty model', { model: '' }, /"model" must be/],
    ['a model that is no text', { model: { a: secret } }, /"model" must be/],
    ['an endless model', { model: 'x'.repeat(513) }, /"model" is too long/],
    ['a stream that is no boolean', { model: 'chat', stream: 'yes' }, /"stream" must be/],
    [
      'too many messages',
      { model: 'chat', messages: Array(2_049).fill({ content: secret }) },
      /more than 2048 entries/,
    ],
    ['too many texts', { model: 'chat', input: Array(2_049).fill(secret) }, /more than 2048 texts/],
    ['too many answers', { model: 'chat', n: 9 }, /"n" is more than 8/],
    ['a chosen upstream', { model: 'chat', api_base: 'http://evil.example' }, /"api_base" is not accepted/],
    ['too deep', `{"model":"chat","x":${'['.repeat(64)}${']'.repeat(64)}}`, /deeper than 64/],
  ];
  for (const [what, body, message] of rows) {
    await t.test(what, () =>
      assert.throws(
        () => read(body),
        (error) =>
          error instanceof GatewayError &&
          error.status === 400 &&
          message.test(error.message) &&
          !error.body().includes(secret),
      ),
    );
  }
  const broken = new Uint8Array([...bytes('{"model":"'), 0xff, ...bytes('"}')]);
  assert.throws(() => readInferenceRequest('/v1/completions', broken, defaultLimits), /not valid JSON/);
  assert.doesNotThrow(() => read(`{"model":"chat","x":${'['.repeat(63)}${']'.repeat(63)}}`));
  assert.doesNotThrow(() => read({ model: 'chat', input: Array(4_096).fill(1) }), 'one text as tokens');
});

test('renaming the model keeps everything else', () => {
  const request = read({ model: 'default/chat', messages: [{ role: 'user', content: 'é "[{' }], seed: 1 });
  assert.deepEqual(JSON.parse(new TextDecoder().decode(renameModel(request, 'chat'))), {
    model: 'chat',
    messages: [{ role: 'user', content: 'é "[{' }],
    seed: 1,
  });
});

test('depth is what JSON.parse would build', () => {
  const depthOf = (value: unknown): number =>
    typeof value !== 'object' || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(6), (value, most) => {
      assert.equal(nestsDeeperThan(bytes(JSON.stringify(value)), most), depthOf(value) > most);
    }),
  );
});
