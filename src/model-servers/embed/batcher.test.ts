import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { RequestError } from '../openai-http/request-error.ts';
import { Batcher, type BatcherOptions, type Texts } from './batcher.ts';

const never = new AbortController().signal;
const nothing = (): void => {};

/** A model that answers a text with its first token, when it is let go on. */
class Gated {
  readonly batches: Texts[] = [];
  #go: (() => void)[] = [];

  readonly run: BatcherOptions['run'] = async (batch) => {
    this.batches.push(batch);
    await new Promise<void>((resolve) => this.#go.push(resolve));
    return batch.map(([first = -1]) => Float32Array.of(first));
  };

  /** Ends the next batch, and waits until the one after it has begun or there is none. */
  async step(): Promise<void> {
    while (this.#go.length === 0) await setImmediate();
    this.#go.shift()?.();
    for (let i = 0; i < 10; i++) await setImmediate();
  }
}

function batcher(model: Gated, more: Partial<BatcherOptions> = {}): Batcher {
  return new Batcher({ run: model.run, maxTexts: 8, maxTokens: 100, maxWaiting: 1000, onBatch: nothing, ...more });
}

const texts = (...first: number[]): Texts => first.map((token) => [token]);
const firstOf = (vectors: readonly Float32Array[]): (number | undefined)[] => vectors.map(([value]) => value);

test('what arrives while the model is busy shares the next batch, and everyone gets their own', async () => {
  const model = new Gated();
  const line = batcher(model);
  const first = line.embed(texts(1), never, nothing);
  await setImmediate();
  await setImmediate();
  const others = [2, 3, 4].map(async (n) => await line.embed(texts(n, n * 10), never, nothing));
  assert.deepEqual([line.runningRequests, line.waitingRequests], [1, 3]);
  await model.step();
  await model.step();
  assert.deepEqual(firstOf(await first), [1]);
  assert.deepEqual((await Promise.all(others)).map(firstOf), [
    [2, 20],
    [3, 30],
    [4, 40],
  ]);
  assert.deepEqual(model.batches, [texts(1), texts(2, 20, 3, 30, 4, 40)]);
  assert.deepEqual([line.runningRequests, line.waitingRequests], [0, 0]);
});

test('a batch has at most so many texts and so many tokens, but at least one text', async () => {
  const model = new Gated();
  const line = batcher(model, { maxTexts: 2, maxTokens: 3 });
  const done = line.embed([[1], [2], [3, 3, 3, 3, 3], [4], [5, 5, 5]], never, nothing);
  for (let i = 0; i < 4; i++) await model.step();
  assert.deepEqual(firstOf(await done), [1, 2, 3, 4, 5]);
  assert.deepEqual(
    model.batches.map((batch) => batch.length),
    [2, 1, 1, 1],
  );
});

test('texts of a client that is gone are not computed', async () => {
  const model = new Gated();
  const line = batcher(model, { maxTexts: 1 });
  const gone = new AbortController();
  const first = line.embed(texts(1), never, nothing);
  const second = line.embed(texts(2, 3), gone.signal, nothing);
  const third = line.embed(texts(4), never, nothing);
  gone.abort(new Error('gone'));
  await assert.rejects(second, /gone/);
  await model.step();
  await model.step();
  assert.deepEqual(firstOf(await first), [1]);
  assert.deepEqual(firstOf(await third), [4]);
  assert.deepEqual(model.batches, [texts(1), texts(4)]);
});

test('a line that is too long is refused with 429, a single large request is not', async () => {
  const model = new Gated();
  const line = batcher(model, { maxTexts: 1, maxWaiting: 2 });
  void line.embed(texts(1, 2, 3), never, nothing);
  await assert.rejects(
    line.embed(texts(4), never, nothing),
    (error) => error instanceof RequestError && error.status === 429,
  );
});

test('a model that fails fails only the requests of its batch', async () => {
  let fails = true;
  const line = new Batcher({
    run: async (batch) => {
      if (!fails) return await Promise.resolve(batch.map(() => Float32Array.of(1)));
      fails = false;
      throw new Error('no memory');
    },
    maxTexts: 1,
    maxTokens: 100,
    maxWaiting: 10,
    onBatch: nothing,
  });
  const [first, second] = await Promise.allSettled([
    line.embed(texts(1), never, nothing),
    line.embed(texts(2), never, nothing),
  ]);
  assert.equal(first.status, 'rejected');
  assert.equal(second.status, 'fulfilled');
});
