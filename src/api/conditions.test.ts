import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AnyCondition, findCondition, isConditionTrue, withCondition, withoutCondition } from './conditions.ts';

const [then, now] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
const ready: AnyCondition & { readonly reason?: string } = {
  type: 'Ready',
  status: 'True',
  reason: 'Up',
  lastTransitionTime: then,
};
const other: typeof ready = { type: 'Other', status: 'Unknown', lastTransitionTime: then };

test('the time of a transition moves with the status alone', () => {
  assert.deepEqual(withCondition([other, ready], { type: 'Ready', status: 'True', reason: 'Fine' }, now), [
    other,
    { ...ready, reason: 'Fine' },
  ]);
  assert.deepEqual(withCondition([other, ready], { type: 'Ready', status: 'False', reason: 'Up' }, now), [
    other,
    { ...ready, status: 'False', lastTransitionTime: now },
  ]);
});

test('a new condition comes last', () => {
  assert.deepEqual(withCondition<typeof ready>([other], { type: 'Ready', status: 'True' }, now), [
    other,
    { type: 'Ready', status: 'True', lastTransitionTime: now },
  ]);
  assert.equal(withCondition(undefined, ready, now)[0]?.lastTransitionTime, then);
});

test('nothing is written when nothing changes', () => {
  const list = [other, ready];
  assert.equal(withCondition(list, { type: 'Ready', status: 'True', reason: 'Up' }, now), list);
  assert.equal(withoutCondition(list, 'Absent'), list);
  assert.deepEqual(withoutCondition(list, 'Ready'), [other]);
});

test('only True is true', () => {
  assert.equal(isConditionTrue([other, ready], 'Ready'), true);
  assert.equal(isConditionTrue([other, ready], 'Other'), false);
  assert.equal(isConditionTrue(undefined, 'Ready'), false);
  assert.equal(findCondition([other, ready], 'Other'), other);
});
