import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  completionOf,
  events,
  ModelServerProcess,
  until,
  type Completion,
} from '../../../test/model-server-process.ts';
import { sizeClasses, writeRandomModel, type SizeClass } from '../../../tools/tiny-chat/random-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-llm-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Of random weights, so that nothing but max_tokens ends its answers: long enough to look at a request in flight. */
const rambler = join(folder, 'rambler.gguf');
before(() => writeRandomModel(rambler, sizeClasses['1m'] as SizeClass));
const endless = { model: 'rambler', prompt: 'pod', max_tokens: 2000, ignore_eos: true, stream: true, seed: 1 };

test('the line has an end: 429 with Retry-After; and a place that is left goes to the next', async () => {
  await using server = await ModelServerProcess.ready('llm', ['--model', rambler, '--parallel', '1', '--queue', '1']);
  const gone = new AbortController();
  const running = await server.post('/v1/completions', endless, { signal: gone.signal });
  assert.equal(running.status, 200);
  assert.ok((await server.metric('vllm:kv_cache_usage_perc')) > 0);
  const waiting = server.post('/v1/completions', { ...endless, max_tokens: 3, stream: false });
  await until(async () => (await server.metric('vllm:num_requests_waiting')) === 1);
  const refused = await server.post('/v1/completions', endless);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.equal((await completionOf(refused)).error?.code, 'rate_limit_exceeded');
  gone.abort();
  const served = await completionOf(await waiting);
  assert.equal(served.usage?.completion_tokens, 3);
  await until(async () => (await server.metric('vllm:num_requests_running')) === 0);
  assert.equal(await server.metric('vllm:request_success_total', 'finished_reason="abort"'), 1);
  assert.equal(await server.metric('vllm:kv_cache_usage_perc'), 0);
});

test('a client that leaves the line takes no place', async () => {
  await using server = await ModelServerProcess.ready('llm', ['--model', rambler, '--parallel', '1']);
  const [first, second] = [new AbortController(), new AbortController()];
  await server.post('/v1/completions', endless, { signal: first.signal });
  const waiting = server.post('/v1/completions', endless, { signal: second.signal });
  await until(async () => (await server.metric('vllm:num_requests_waiting')) === 1);
  second.abort();
  await assert.rejects(waiting);
  await until(async () => (await server.metric('vllm:num_requests_waiting')) === 0);
  assert.equal(await server.metric('vllm:num_requests_running'), 1);
  first.abort();
  await until(async () => (await server.metric('vllm:num_requests_running')) === 0);
});

test('on SIGTERM the answers in flight are finished, new requests are refused, and the exit is clean', async () => {
  await using server = await ModelServerProcess.ready('llm', ['--model', rambler]);
  const stream = await server.post('/v1/completions', endless);
  server.signal('SIGTERM');
  await until(async () => (await server.get('/health')).status === 503);
  const health = await server.get('/health');
  assert.equal(((await health.json()) as { phase: string }).phase, 'draining');
  const late = await server.post('/v1/completions', endless);
  assert.equal(late.status, 503);
  assert.equal(late.headers.get('connection'), 'close');
  assert.equal((await completionOf(late)).error?.code, 'draining');
  const payloads = await events(stream);
  assert.equal(payloads.at(-1), '[DONE]');
  assert.deepEqual(await server.exited, { code: 0, signal: null });
});

test('an answer that outlasts the drain ends with an error and no [DONE]', async () => {
  await using server = await ModelServerProcess.ready('llm', ['--model', rambler, '--drain-seconds', '0']);
  const stream = await server.post('/v1/completions', endless);
  server.signal('SIGTERM');
  const payloads = await events(stream);
  assert.ok(!payloads.includes('[DONE]'));
  const last = JSON.parse(payloads.at(-1) ?? '') as Completion;
  assert.equal(last.error?.code, 'draining');
  assert.deepEqual(await server.exited, { code: 0, signal: null });
});

test('a second SIGTERM ends it at once', async () => {
  await using server = await ModelServerProcess.ready('llm', ['--model', rambler]);
  const stream = await server.post('/v1/completions', endless);
  server.signal('SIGTERM');
  await until(async () => (await server.get('/health')).status === 503);
  server.signal('SIGTERM');
  assert.deepEqual(await server.exited, { code: 143, signal: null });
  await assert.rejects(events(stream));
});
