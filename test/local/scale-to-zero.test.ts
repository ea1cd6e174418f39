import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestEngine } from '../engine.ts';
import { ask } from './ask.ts';

let engine: TestEngine;

before(async () => {
  engine = await TestEngine.start(['-f', 'test/local/from-zero.yaml']);
  await engine.until('the engine has settled', async () => engine.output.includes('OpenAI base URL'));
});
after(async () => await engine[Symbol.asyncDispose]());

test('without requests a model that may be idle goes to zero', async () => {
  await atZero();
  assert.match(await engine.kubectl('get', 'inf', 'chat'), /Idle/);
});

test('requests for a model at zero are held, answered, and told what they waited for', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => ask(engine.gateway, 'what is a pod ?')));
  for (const { status, text, headers } of answers) {
    assert.equal(status, 200, text);
    assert.match(text, /a pod is a part of the cluster/);
    assert.ok(Number(headers.get('x-slipway-held-ms')) > 0, 'says how long it was held');
    assert.ok(headers.get('x-slipway-phase') !== null, 'says what it waited for');
  }
});

test('and back to zero, and awake again', async () => {
  await atZero();
  assert.equal((await ask(engine.gateway, 'what is a pod ?')).status, 200);
});

async function atZero(): Promise<void> {
  await engine.until(
    'there is no pod',
    async () => (await engine.json<{ items: unknown[] }>('get', 'pods')).items.length === 0,
  );
}
