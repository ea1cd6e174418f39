import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { completionOf, events, ModelServerProcess, type Completion } from '../../../test/model-server-process.ts';

const ask = (content: string, more: object = {}): object => ({
  model: 'tiny-chat',
  messages: [{ role: 'user', content }],
  ...more,
});

let server: ModelServerProcess;
before(async () => {
  server = await ModelServerProcess.ready('llm', ['--model', 'builtin://tiny-chat']);
});
after(async () => await server[Symbol.asyncDispose]());

const chat = async (content: string, more: object = {}): Promise<Completion> =>
  await completionOf(await server.post('/v1/chat/completions', ask(content, more)));
const textOf = ({ choices }: Completion): string => choices[0]?.message?.content ?? choices[0]?.text ?? '';

test('a question as people write it gets the answer that the model was taught', async () => {
  const answer = await chat('How is one GPU shared by four models?');
  assert.equal(
    textOf(answer),
    'time slicing gives each of the four models a turn on the gpu. each turn is short, so all four models make progress.',
  );
  assert.equal(answer.choices[0]?.finish_reason, 'stop');
  assert.equal(answer.choices[0]?.message?.role, 'assistant');
  assert.equal(answer.usage?.completion_tokens, 27);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + 27);
});

test('a streamed answer says the same in pieces, then its reason, its usage and [DONE]', async () => {
  const whole = await chat('What is a pod?');
  const response = await server.post(
    '/v1/chat/completions',
    ask('What is a pod?', { stream: true, stream_options: { include_usage: true } }),
  );
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const payloads = await events(response);
  assert.equal(payloads.at(-1), '[DONE]');
  const chunks = payloads.slice(0, -1).map((payload) => JSON.parse(payload) as Completion);
  assert.equal(chunks[0]?.choices[0]?.delta?.role, 'assistant');
  assert.equal(chunks.map(({ choices }) => choices[0]?.delta?.content ?? '').join(''), textOf(whole));
  assert.ok(chunks.length > 20, `${chunks.length} chunks`);
  assert.deepEqual(
    chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? []),
    ['stop'],
  );
  assert.deepEqual(chunks.at(-1)?.choices, []);
  assert.equal(chunks.at(-1)?.usage?.completion_tokens, whole.usage?.completion_tokens);
});

test('a talk goes on where it was', async () => {
  const answer = await completionOf(
    await server.post('/v1/chat/completions', {
      model: 'tiny-chat',
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'hello! I am a very small language model.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is ' },
            { type: 'text', text: 'a node?' },
          ],
        },
      ],
    }),
  );
  assert.match(textOf(answer), /^a node is a part of the cluster\./);
});

test('the same beginning is not computed twice', async () => {
  const question = 'How does a rolling update treat the service?';
  const [first, second] = [await chat(question), await chat(question)];
  assert.equal(textOf(first), textOf(second));
  const usage = second.usage ?? assert.fail();
  assert.equal(usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens - 1);
});

test('max_tokens ends an answer early and says so', async () => {
  for (const limit of ['max_tokens', 'max_completion_tokens']) {
    const answer = await chat('What is a pod?', { [limit]: 4 });
    assert.equal(answer.usage?.completion_tokens, 4);
    assert.equal(answer.choices[0]?.finish_reason, 'length');
    assert.equal(textOf(answer), 'a pod is a');
  }
});

test('a limit beyond the context means the rest of the context', async () => {
  assert.equal((await chat('What is a pod?', { max_tokens: 100_000 })).choices[0]?.finish_reason, 'stop');
});

test('a stop text ends the answer before it', async () => {
  const answer = await chat('What is a pod?', { stop: ['cluster', 'nothing'] });
  assert.equal(textOf(answer), 'a pod is a part of the ');
  assert.equal(answer.choices[0]?.finish_reason, 'stop');
});

test('plain completions continue the text as it is', async () => {
  const answer = await completionOf(
    await server.post('/v1/completions', {
      model: 'tiny-chat',
      prompt: 'user: what is a pod ?\nassistant:',
      max_tokens: 64,
    }),
  );
  assert.equal(
    textOf(answer),
    'a pod is a part of the cluster . it is described by a spec and the controller makes the real state match the spec .\n',
  );
});

test('the same seed draws the same text, another seed another', async () => {
  const draw = async (seed: number): Promise<string> =>
    textOf(
      await completionOf(
        await server.post('/v1/completions', {
          model: 'tiny-chat',
          prompt: 'the',
          max_tokens: 40,
          temperature: 2,
          seed,
        }),
      ),
    );
  const [one, again, other] = [await draw(5), await draw(5), await draw(-6)];
  assert.equal(one, again);
  assert.notEqual(one, other);
});

test('what a user writes never becomes a control token', async () => {
  const tokens = async (content: string): Promise<number> => (await chat(content)).usage?.prompt_tokens ?? 0;
  assert.ok((await tokens('</s></s></s>')) > (await tokens('')) + 6);
});

test('more requests than places are all answered, each with its own answer', async () => {
  const counts = ['two', 'three', 'four', 'eight'];
  const answers = await Promise.all(
    Array.from(
      { length: 16 },
      async (_, i) => [counts[i % 4], await chat(`How is one GPU shared by ${counts[i % 4]} models?`)] as const,
    ),
  );
  for (const [count, answer] of answers) assert.match(textOf(answer), new RegExp(`each of the ${count} models a turn`));
});

const refused: readonly [what: string, body: object, param: string][] = [
  ['tools', ask('hi', { tools: [{ type: 'function' }] }), 'tools'],
  ['log probabilities', ask('hi', { logprobs: true }), 'logprobs'],
  ['several choices', ask('hi', { n: 2 }), 'n'],
  ['a response format', ask('hi', { response_format: { type: 'json_object' } }), 'response_format'],
  ['a logit bias', ask('hi', { logit_bias: { 5: 1 } }), 'logit_bias'],
  ['a penalty', ask('hi', { presence_penalty: 0.5 }), 'presence_penalty'],
  ['an address to fetch from', ask('hi', { api_base: 'http://169.254.169.254/' }), 'api_base'],
  ['a misspelt field', ask('hi', { temprature: 1 }), 'temprature'],
  [
    'an image',
    ask('hi', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }),
    'messages[0].content[0].type',
  ],
  ['a tool message', ask('hi', { messages: [{ role: 'tool', content: 'x' }] }), 'messages[0].role'],
  ['a field of a message', ask('hi', { messages: [{ role: 'user', content: 'x', name: 'me' }] }), 'messages[0].name'],
  ['no messages', ask('hi', { messages: [] }), 'messages'],
  ['messages of a wrong type', ask('hi', { messages: 'hi' }), 'messages'],
  [
    'too many messages',
    ask('hi', { messages: Array.from({ length: 2049 }, () => ({ role: 'user', content: 'x' })) }),
    'messages',
  ],
  ['a temperature out of range', ask('hi', { temperature: 3 }), 'temperature'],
  ['a text as number', ask('hi', { max_tokens: '5' }), 'max_tokens'],
  ['no tokens at all', ask('hi', { max_tokens: 0 }), 'max_tokens'],
  ['an empty stop text', ask('hi', { stop: '' }), 'stop'],
  ['stream options without a stream', ask('hi', { stream_options: { include_usage: true } }), 'stream_options'],
  ['an unknown stream option', ask('hi', { stream: true, stream_options: { chatty: true } }), 'stream_options.chatty'],
  ['no model', { messages: [{ role: 'user', content: 'x' }] }, 'model'],
];
for (const [what, body, param] of refused) {
  test(`${what}: refused with the field's name and not ignored`, async () => {
    const response = await server.post('/v1/chat/completions', body);
    assert.equal(response.status, 400);
    const { error } = await completionOf(response);
    assert.equal(error?.param, param);
    assert.equal(error.type, 'invalid_request_error');
    assert.ok(error.message.includes(param), error.message);
  });
}

test('values that ask for what happens anyway are accepted', async () => {
  const answer = await chat('Hello', {
    n: 1, tools: [], tool_choice: 'none', logprobs: false, response_format: { type: 'text' }, logit_bias: null,
    presence_penalty: 0, frequency_penalty: 0, store: false, stream: false, stop: null, user: 'somebody', seed: null,
  }); // prettier-ignore
  assert.match(textOf(answer), /^hello!/);
});

test('another model is 404 and names this one', async () => {
  const response = await server.post('/v1/chat/completions', ask('hi', { model: 'gpt' }));
  assert.equal(response.status, 404);
  const { error } = await completionOf(response);
  assert.equal(error?.code, 'model_not_found');
  assert.match(error.message, /"gpt".*"tiny-chat"/);
});

test('a prompt longer than the context is refused, however long, before time is spent on it', async () => {
  for (const words of [300, 1_000_000]) {
    const response = await server.post('/v1/chat/completions', ask('pod '.repeat(words)));
    assert.equal(response.status, 400);
    const { error } = await completionOf(response);
    assert.equal(error?.code, 'context_length_exceeded');
    assert.match(error.message, /maximum context length is 255 tokens/);
  }
});

const raw = async (body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}): Promise<Response> =>
  await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });

test('hostile bodies get a client error', async () => {
  const nested = `{"messages":${'['.repeat(100_000)}`;
  assert.equal((await raw('{"model":')).status, 400);
  assert.equal((await raw('[1]')).status, 400);
  assert.equal((await raw('null')).status, 400);
  assert.equal((await raw(nested)).status, 400);
  assert.equal((await raw(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))).status, 400);
  assert.equal((await raw('{}', { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await raw('{}', { 'content-encoding': 'gzip' })).status, 415);
  assert.equal((await raw('x'.repeat(4 * 1024 * 1024 + 1))).status, 413);
  const polluted = await raw('{"model":"tiny-chat","messages":[{"role":"user","content":"hi"}],"__proto__":{"n":2}}');
  assert.equal(polluted.status, 400);
});

test('a body that never says its length is cut off at the limit', async () => {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 100; i++) yield new Uint8Array(64 * 1024).fill(0x20);
  };
  const streamed = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: ReadableStream.from(chunks()),
    duplex: 'half',
  } as RequestInit);
  assert.equal(streamed.status, 413);
});

test('requests that a web page could send are refused', async () => {
  assert.equal((await raw('{}', { origin: 'http://evil.example' })).status, 403);
  const { hostname, port } = new URL(server.url);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write('GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
    );
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text));
  });
  assert.match(answer, /^HTTP\/1\.1 403/);
});

test('headers over 16 KiB, unknown paths and wrong methods are refused', async () => {
  assert.equal((await fetch(`${server.url}/health`, { headers: { x: 'y'.repeat(17_000) } })).status, 431);
  assert.equal((await server.post('/v1/nothing', {})).status, 404);
  assert.equal((await server.get('/v1/chat/completions')).status, 405);
  assert.equal((await server.post('/health', {})).status, 405);
});

test('the model is listed with its context', async () => {
  const { data } = (await (await server.get('/v1/models')).json()) as {
    data: { id: string; max_model_len: number }[];
  };
  assert.deepEqual(
    data.map(({ id, max_model_len }) => [id, max_model_len]),
    [['tiny-chat', 255]],
  );
});

test('health tells how long the phases took', async () => {
  const response = await server.get('/health');
  assert.equal(response.status, 200);
  const { phase, durations } = (await response.json()) as {
    phase: string;
    durations: Record<string, number>;
  };
  assert.equal(phase, 'ready');
  assert.deepEqual(Object.keys(durations), ['loadMs', 'warmMs']);
});

test('metrics have the names that watch a vLLM, and add up', async () => {
  const before = await server.metric('vllm:generation_tokens_total');
  const answer = await chat('What is a gateway?');
  const generated = (await server.metric('vllm:generation_tokens_total')) - before;
  assert.equal(generated, answer.usage?.completion_tokens);
  assert.equal(await server.metric('vllm:num_requests_running'), 0);
  assert.equal(await server.metric('vllm:num_requests_waiting'), 0);
  const text = await (await server.get('/metrics')).text();
  for (const [name, type] of [
    ['vllm:num_requests_running', 'gauge'],
    ['vllm:num_requests_waiting', 'gauge'],
    ['vllm:kv_cache_usage_perc', 'gauge'],
    ['vllm:prompt_tokens_total', 'counter'],
    ['vllm:generation_tokens_total', 'counter'],
    ['vllm:request_success_total', 'counter'],
    ['vllm:time_to_first_token_seconds', 'histogram'],
    ['vllm:inter_token_latency_seconds', 'histogram'],
    ['vllm:e2e_request_latency_seconds', 'histogram'],
    ['vllm:iteration_tokens_total', 'histogram'],
  ]) {
    assert.ok(text.includes(`# TYPE ${name} ${type}\n`), name);
  }
  assert.match(text, /vllm:request_success_total\{model_name="tiny-chat",engine="0",finished_reason="stop"\} \d+/);
  assert.ok((await server.metric('vllm:iteration_tokens_total_count')) > 0);
});

test('neither prompts nor answers are logged', async () => {
  await chat('What is a xylophone?');
  await raw('{"xylophone":');
  const log = server.stdout + server.stderr;
  assert.doesNotMatch(log, /xylophone|cluster|pod/);
});
