import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { events, ModelServerProcess, until } from '../../../test/model-server-process.ts';
import { firstTokenMs, nextTokenMs } from './latency-model.ts';
import { simulatedWords } from './simulated-text.ts';

let server: ModelServerProcess;
const quick = ['--overhead-ms', '0', '--prefill-ms', '0', '--decode-ms', '0', '--answer-tokens', '12'];
before(async () => {
  server = await ModelServerProcess.ready('sim', [...quick, '--model-name', 'fake', '--context', '200']);
});
after(async () => await server[Symbol.asyncDispose]());

test('time grows with the prompt, the answer and the company', () => {
  const model = { overheadMs: 10, prefillMsPerToken: 0.5, decodeMsPerToken: 4, loadFactor: 0.25 };
  assert.equal(firstTokenMs(model, 100, 1), 60);
  assert.equal(firstTokenMs(model, 100, 3), 90);
  assert.equal(nextTokenMs(model, 1), 4);
  assert.equal(nextTokenMs(model, 5), 8);
});

test('the same prompt and seed give the same words', () => {
  assert.deepEqual(simulatedWords('a', 1, 20), simulatedWords('a', 1, 20));
  assert.notDeepEqual(simulatedWords('a', 1, 20), simulatedWords('a', 2, 20));
  assert.notDeepEqual(simulatedWords('a', 1, 20), simulatedWords('b', 1, 20));
  assert.deepEqual(simulatedWords('a', 1, 5), simulatedWords('a', 1, 20).slice(0, 5));
});

interface Completion {
  readonly choices: readonly { readonly message: { readonly content: string }; readonly finish_reason: string }[];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

const ask = (more: object = {}): object => ({
  model: 'fake',
  messages: [{ role: 'user', content: 'hello there' }],
  ...more,
});
const whole = async (more: object = {}): Promise<Completion> =>
  (await (await server.post('/v1/chat/completions', ask(more))).json()) as Completion;

test('it answers as a model server does, whole and streamed', async () => {
  const answer = await whole();
  assert.equal(answer.choices[0]?.finish_reason, 'stop');
  assert.deepEqual([answer.usage.prompt_tokens, answer.usage.completion_tokens], [5, 12]);
  const payloads = await events(await server.post('/v1/chat/completions', ask({ stream: true })));
  const text = payloads
    .slice(0, -1)
    .map(
      (payload) =>
        (JSON.parse(payload) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ?? '',
    )
    .join('');
  assert.equal(text, answer.choices[0].message.content);
  assert.equal(payloads.at(-1), '[DONE]');
});

test('max_tokens and ignore_eos decide the length', async () => {
  assert.equal((await whole({ max_tokens: 3 })).choices[0]?.finish_reason, 'length');
  assert.equal((await whole({ max_tokens: 30, ignore_eos: true })).usage.completion_tokens, 30);
});

test('it counts under the names of vLLM', async () => {
  const before = await server.metric('vllm:generation_tokens_total');
  await whole();
  assert.equal((await server.metric('vllm:generation_tokens_total')) - before, 12);
  assert.ok((await server.metric('vllm:iteration_tokens_total_count')) > 12);
});

test('the KV cache fills with what is in flight and empties when clients go', async () => {
  await using slow = await ModelServerProcess.ready('sim', ['--decode-ms', '60000', '--cache-tokens', '10']);
  const gone = new AbortController();
  await slow.post('/v1/chat/completions', ask({ model: 'sim', stream: true }), { signal: gone.signal });
  assert.equal(await slow.metric('vllm:kv_cache_usage_perc'), 0.6);
  assert.equal(await slow.metric('vllm:num_requests_running'), 1);
  gone.abort();
  await until(async () => (await slow.metric('vllm:num_requests_running')) === 0);
  assert.equal(await slow.metric('vllm:kv_cache_usage_perc'), 0);
});

test('it is not ready before its loading time is over', async () => {
  await using slow = await ModelServerProcess.listening('sim', ['--start-ms', '3600000']);
  const health = await slow.get('/health');
  assert.equal(health.status, 503);
  assert.equal(((await health.json()) as { phase: string }).phase, 'loading');
  slow.signal('SIGTERM');
  assert.deepEqual(await slow.exited, { code: 0, signal: null });
});
