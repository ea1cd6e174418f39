import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../std/virtual-clock.ts';
import { EventCorrelator, type Correlated } from './event-correlator.ts';

const newClock = (): VirtualClock => new VirtualClock({ drain: () => Promise.resolve() });
let names = 0;
const say = (correlator: EventCorrelator, message: string, reason = 'R', type = 'Normal'): Correlated | undefined =>
  correlator.correlate({ subject: 's', fieldPath: '', type, reason, message }, `event-${++names}`);

test('the same words again count up the first event', () => {
  const correlator = new EventCorrelator(newClock());
  const first = say(correlator, 'hello');
  assert.equal(first?.repeats, undefined);
  correlator.recorded(first!.key, { name: 'kept', count: 1 });
  assert.deepEqual(say(correlator, 'hello')?.repeats, { name: 'kept', count: 2 });
  assert.deepEqual(say(correlator, 'hello')?.repeats, { name: 'kept', count: 3 });
  assert.equal(say(correlator, 'bye')?.repeats, undefined);
});

test('from the tenth different message of a reason on they are combined into one event', () => {
  const correlator = new EventCorrelator(newClock());
  for (let i = 0; i < 9; i++) assert.equal(say(correlator, `m${i}`)?.message, `m${i}`);
  const combined = say(correlator, 'm9');
  assert.equal(combined?.message, '(combined from similar events): m9');
  assert.equal(combined.repeats, undefined);
  assert.equal(say(correlator, 'm10')?.repeats?.count, 2);
  assert.equal(say(correlator, 'other', 'Other')?.message, 'other');
});

test('after ten quiet minutes similar events are told apart again', async () => {
  const clock = newClock();
  const correlator = new EventCorrelator(clock);
  for (let i = 0; i < 10; i++) say(correlator, `m${i}`);
  await clock.advance(600_001);
  assert.equal(say(correlator, 'm11')?.message, 'm11');
});

test('an object gets 25 events of a type at once, then one in five minutes', async () => {
  const clock = newClock();
  const correlator = new EventCorrelator(clock);
  const passed = Array.from({ length: 40 }, () => say(correlator, 'x')).filter((one) => one !== undefined);
  assert.equal(passed.length, 25);
  assert.notEqual(say(correlator, 'x', 'R', 'Warning'), undefined, 'warnings have their own allowance');
  await clock.advance(300_000);
  // What was dropped still counts.
  assert.equal(say(correlator, 'x')?.repeats?.count, 41);
  assert.equal(say(correlator, 'x'), undefined);
});
