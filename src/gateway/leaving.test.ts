import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Leaving } from './leaving.ts';

test('who asked is told once and in order, who left or came late is not', () => {
  const told: string[] = [];
  const signal = new Leaving();
  const [first, second, third] = ['first', 'second', 'third'].map((name) => () => void told.push(name));
  for (const listener of [first!, second!, third!]) signal.addEventListener('abort', listener);
  signal.removeEventListener('abort', second!);
  assert.equal(signal.aborted, false);
  signal.abort();
  signal.abort();
  signal.addEventListener('abort', second!);
  assert.equal(signal.aborted, true);
  assert.deepEqual(told, ['first', 'third']);
});

test('a listener may leave, and take others along, while all are told', () => {
  const told: string[] = [];
  const signal = new Leaving();
  const last = (): void => void told.push('last');
  signal.addEventListener('abort', () => {
    told.push('first');
    signal.removeEventListener('abort', last);
  });
  signal.addEventListener('abort', last);
  signal.abort();
  assert.deepEqual(told, ['first']);
});
