import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inference } from '../api/slipway/v1alpha1/inference.ts';
import { refusalOf } from './refusal.ts';

const refusal = (name: string, spec: Partial<Inference['spec']> = {}): string | undefined =>
  refusalOf({ metadata: { name }, spec: { model: 'builtin://sim', ...spec } } as unknown as Inference);

test('a name must be one for a Service too', () => {
  for (const name of ['chat', 'a', 'a-1', 'a'.repeat(63)]) assert.equal(refusal(name), undefined, name);
  for (const name of ['1chat', 'chat.v2', '-a', 'a-', 'a'.repeat(64), 'Chat', ''])
    assert.match(refusal(name) ?? '', /^metadata\.name ".*" must be a name for a Service too: at most 63 /, name);
});

test('what an argument of a program cannot hold is refused', () => {
  assert.equal(refusal('chat', { args: ['--x', ''] }), undefined);
  assert.equal(refusal('chat', { args: ['--x', 'a\0b'] }), 'spec.args must not contain NUL');
});

test("the server's address is not the user's to set, and that is said instead of ignored", () => {
  assert.equal(refusal('chat', { env: [{ name: 'POD_IPS', value: 'x' }] }), undefined);
  assert.equal(
    refusal('chat', { env: [{ name: 'POD_IP', value: '1.2.3.4' }] }),
    'spec.env must not set POD_IP: it tells the model server its address',
  );
});
