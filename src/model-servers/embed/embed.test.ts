import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ModelServerProcess } from '../../../test/model-server-process.ts';

interface Embeddings {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
  readonly error?: { readonly param: string; readonly code: string; readonly message: string };
}

let server: ModelServerProcess;
before(async () => {
  server = await ModelServerProcess.ready('embed', ['--model', 'builtin://use-lite', '--model-name', 'embed']);
});
after(async () => await server[Symbol.asyncDispose]());

async function embed(input: unknown, more: object = {}): Promise<Embeddings> {
  const response = await server.post('/v1/embeddings', { model: 'embed', input, ...more });
  return (await response.json()) as Embeddings;
}

const dot = (a: readonly number[] = [], b: readonly number[] = []): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

test('related texts are closer than unrelated ones, and vectors have length 1', async () => {
  const { data, usage } = await embed([
    'How do I scale pods automatically?',
    'The autoscaler adds replicas when the load grows.',
    'My grandmother bakes bread on Sundays.',
  ]);
  const [question, related, unrelated] = data.map(({ embedding }) => embedding);
  assert.equal(question?.length, 512);
  assert.ok(Math.abs(dot(question, question) - 1) < 1e-4);
  assert.ok(dot(question, related) > dot(question, unrelated) + 0.1);
  assert.ok(usage.prompt_tokens > 20);
  assert.equal(usage.total_tokens, usage.prompt_tokens);
});

test('a text has the same vector alone and in any company', async () => {
  const texts = Array.from({ length: 19 }, (_, i) => `pod number ${i} waits for its turn`);
  const together = await embed(texts);
  assert.deepEqual(
    together.data.map(({ index }) => index),
    texts.map((_, i) => i),
  );
  const alone = await Promise.all(texts.map(async (text) => (await embed(text)).data[0]?.embedding));
  together.data.forEach(({ embedding }, i) => assert.ok(dot(embedding, alone[i]) > 0.9999));
});

test('base64 is the same vector as floats', async () => {
  const [floats, encoded] = [await embed('hello'), await embed('hello', { encoding_format: 'base64' })];
  const bytes = Buffer.from(String(encoded.data[0]?.embedding), 'base64');
  const decoded = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
  assert.equal(decoded.length, 512);
  assert.ok(dot(decoded, floats.data[0]?.embedding) > 0.9999);
});

for (const [what, input, more, param] of [
  ['no input', undefined, {}, 'input'],
  ['an empty list', [], {}, 'input'],
  ['an empty text', '', {}, 'input'],
  ['an empty text among others', ['a', ''], {}, 'input[1]'],
  ['token ids', [1, 2, 3], {}, 'input[0]'],
  ['too many texts', Array.from({ length: 2049 }, () => 'x'), {}, 'input'],
  ['another size', 'x', { dimensions: 256 }, 'dimensions'],
  ['another encoding', 'x', { encoding_format: 'hex' }, 'encoding_format'],
  ['an unknown field', 'x', { truncate: true }, 'truncate'],
] as const) {
  test(`${what}: refused with the field's name`, async () => {
    const response = await server.post('/v1/embeddings', { model: 'embed', input, ...more });
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as Embeddings).error?.param, param);
  });
}

test('the size that there is may be asked for', async () => {
  assert.equal((await embed('x', { dimensions: 512, user: 'me' })).data.length, 1);
});

test('a text that is too long is refused, however long', async () => {
  for (const words of [3_000, 700_000]) {
    const { error } = await embed(['short', 'pod '.repeat(words)]);
    assert.equal(error?.code, 'context_length_exceeded');
    assert.equal(error.param, 'input[1]');
  }
});

test('strange characters get vectors and not errors', async () => {
  const { data } = await embed(['😀', '   ', '\u0000', '日本語', 'ﷺ'.repeat(50), '\ud800']);
  for (const { embedding } of data) assert.ok(Math.abs(dot(embedding, embedding) - 1) < 1e-3);
});

test('metrics count what was done', async () => {
  const before = await server.metric('vllm:prompt_tokens_total');
  const { usage } = await embed('count me');
  assert.equal((await server.metric('vllm:prompt_tokens_total')) - before, usage.prompt_tokens);
  assert.equal(await server.metric('vllm:num_requests_running'), 0);
  assert.ok((await server.metric('vllm:request_success_total', 'finished_reason="stop"')) > 0);
  assert.ok((await server.metric('vllm:iteration_tokens_total_count')) > 0);
});

test('it has one model and no other', async () => {
  await using other = ModelServerProcess.launch('embed', ['--model', 'builtin://tiny-chat']);
  assert.equal((await other.exited).code, 2);
  assert.match(other.stderr, /only builtin:\/\/use-lite/);
});

test('on SIGTERM the requests in flight are answered and the exit is clean', async () => {
  await using leaving = await ModelServerProcess.ready('embed', []);
  const texts = Array.from({ length: 200 }, (_, i) => `text ${i}`);
  const answer = leaving.post('/v1/embeddings', { model: 'use-lite', input: texts });
  while ((await leaving.metric('vllm:num_requests_running')) === 0);
  leaving.signal('SIGTERM');
  assert.equal(((await (await answer).json()) as Embeddings).data.length, 200);
  assert.deepEqual(await leaving.exited, { code: 0, signal: null });
});
