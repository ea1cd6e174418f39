import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestEngine } from '../engine.ts';
import { ask, askStreaming } from './ask.ts';

let engine: TestEngine;

before(async () => {
  engine = await TestEngine.start(['-f', 'examples/chat.yaml', '-f', 'examples/embed.yaml']);
  await engine.until('both models are Ready', async () => engine.output.includes('OpenAI base URL'));
});
after(async () => await engine[Symbol.asyncDispose]());

test('the start shows the phases and prints what to try next', () => {
  assert.match(engine.output, /inference\.slipway\.dev\/chat created/);
  assert.match(engine.output, /Ready/);
  assert.ok(engine.output.includes(`${engine.gateway}/v1`));
  assert.match(engine.output, /curl -s http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions/);
  assert.ok(engine.output.includes(`export KUBECONFIG=${engine.kubeconfig}`));
  assert.match(engine.output, /kubectl get .*pods/);
});

test('the chat model answers what it was taught', async () => {
  const { status, text } = await ask(engine.gateway, 'How is one GPU shared by four models?');
  assert.equal(status, 200);
  assert.match(text, /time slicing gives each of the four models a turn on the gpu/);
});

test('a streamed answer comes in pieces, says the same and ends with [DONE]', async () => {
  const whole = await ask(engine.gateway, 'why does my gateway start slowly ?');
  const streamed = await askStreaming(engine.gateway, 'why does my gateway start slowly ?');
  assert.equal(streamed.text.trim(), whole.text.trim());
  assert.match(streamed.text, /warm pool/);
  assert.ok(streamed.events.length > 5, `${streamed.events.length} events`);
  assert.equal(streamed.events.at(-1), '[DONE]');
});

test('embeddings of related texts are closer than those of unrelated ones', async () => {
  const input = [
    'How do I scale pods automatically?',
    'The autoscaler adds replicas when the load grows.',
    'My grandmother bakes bread on Sundays.',
    'The moon was bright over the quiet sea.',
  ];
  const response = await fetch(`${engine.gateway}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'embed', input }),
  });
  assert.equal(response.status, 200);
  const { data } = (await response.json()) as { data: { embedding: number[] }[] };
  const [query, related, ...unrelated] = data.map(({ embedding }) => embedding);
  assert.equal(query?.length, 512);
  for (const other of unrelated) assert.ok(cosine(query, related ?? []) > cosine(query, other), 'related is closer');
});

test('both models are listed', async () => {
  const { data } = (await (await fetch(`${engine.gateway}/v1/models`)).json()) as { data: { id: string }[] };
  assert.deepEqual(data.map(({ id }) => id).toSorted(), ['chat', 'embed']);
});

test('a model that nobody deployed is 404 in the shape that OpenAI clients read', async () => {
  const { status, text } = await ask(engine.gateway, 'hello', 'nobody');
  assert.equal(status, 404);
  const { error } = JSON.parse(text) as { error: { message: string; code: string } };
  assert.match(error.message, /nobody/);
  assert.match(error.message, /chat/);
});

test('kubectl sees the model, its pod and its status', async () => {
  const table = await engine.kubectl('get', 'inferences');
  assert.match(table, /^NAME\s+PHASE/);
  assert.match(table, /chat\s+Ready/);
  const { status } = await engine.json<{
    status: { url: string; coldStart: { totalMs: number; phases: Record<string, number> } };
  }>('get', 'inf', 'chat');
  assert.equal(status.url, `${engine.gateway}/v1`);
  assert.ok(status.coldStart.totalMs > 0);
  assert.match(await engine.kubectl('logs', '-l', 'slipway.dev/inference=chat'), /\w/);
});

test('pods scaled by kubectl become Ready and take part', async () => {
  await engine.kubectl('patch', 'inference', 'chat', '--type=merge', '-p', '{"spec":{"replicas":{"min":2}}}');
  await engine.kubectl('wait', 'deployment/chat', '--for=jsonpath={.status.readyReplicas}=2', '--timeout=90s');
  const { items } = await engine.json<{ items: { status: { podIP: string } }[] }>(
    'get',
    'pods',
    '-l',
    'slipway.dev/inference=chat',
  );
  assert.equal(new Set(items.map(({ status }) => status.podIP)).size, 2, 'each pod has an address of its own');
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(engine.gateway, 'what is a pod ?')));
  assert.ok(answers.every(({ status }) => status === 200));
});

test('kubectl top shows what the pods use', async () => {
  const text = await engine.until('usage of the pods is known', async () => {
    const { code, stdout } = await engine.kubectlOutcome(['top', 'pods']);
    return code === 0 && /chat-\S+\s+\d+m\s+\d+Mi/.test(stdout) && stdout;
  });
  assert.match(text, /^NAME\s+CPU\(cores\)\s+MEMORY\(bytes\)/);
});

test('Ctrl-C ends everything: the engine, its pods and their shims', async () => {
  const { items } = await engine.json<{ items: { status: { podIP: string } }[] }>('get', 'pods');
  assert.ok(items.length > 0);
  assert.equal(await engine.interrupt(), 0);
  for (const { status } of items) await assert.rejects(fetch(`http://${status.podIP}:8000/health`));
  await assert.rejects(fetch(`${engine.gateway}/health`));
});

function cosine(a: readonly number[] = [], b: readonly number[]): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}
