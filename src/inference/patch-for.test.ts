import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appliedFieldsAnnotation, appliedFieldsOf, patchFor, withAppliedFields } from './patch-for.ts';

const container = (more: object = {}) => ({ name: 'server', image: 'slipway/llm', args: ['--port', '8000'], ...more });
const deployment = (more: object = {}, containers: readonly object[] = [container()]) => ({
  metadata: { name: 'chat', labels: { a: '1' } },
  spec: { progressDeadlineSeconds: 660, template: { spec: { containers } }, ...more },
});

test('what is there already needs no patch, whatever else is there', () => {
  const desired = deployment();
  const actual = deployment({ replicas: 3, paused: true }, [
    { name: 'sidecar', image: 'host/cat' },
    container({ imagePullPolicy: 'IfNotPresent', env: [{ name: 'X', value: '1' }] }),
  ]);
  assert.equal(patchFor(actual, desired, desired), undefined);
  assert.equal(
    patchFor({ ...actual, metadata: { ...actual.metadata, labels: { a: '1', mine: '2' } } }, desired, desired),
    undefined,
  );
});

test('what is empty is as good as absent, for the API leaves it out', () => {
  const desired = deployment({ paused: false, minReadySeconds: 0 }, [
    container({ args: [], env: [{ name: 'A', value: '' }], resources: { limits: {} } }),
  ]);
  const actual = deployment({}, [{ name: 'server', image: 'slipway/llm', env: [{ name: 'A' }] }]);
  assert.equal(patchFor(actual, desired, desired), undefined);
  const full = deployment({ paused: true }, [container({ env: [{ name: 'A', value: '1' }] })]);
  assert.notEqual(patchFor(full, desired, desired), undefined);
});

test('each difference leads to a patch that says everything wanted', () => {
  const desired = deployment();
  for (const actual of [
    deployment({ progressDeadlineSeconds: 600 }),
    deployment({}, [container({ image: 'slipway/sim' })]),
    deployment({}, [container({ args: ['--port', '8000', '--x'] })]),
    deployment({}, []),
    { ...deployment(), metadata: { name: 'chat', labels: {} } },
  ])
    assert.deepEqual(patchFor(actual, desired, desired), desired);
});

test('what is no longer wanted is taken away, what others added stays', () => {
  const last = deployment({ minReadySeconds: 5 }, [
    container({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    }),
  ]);
  const desired = deployment({}, [container({ env: [{ name: 'B', value: '2' }] })]);
  const actual = deployment({ minReadySeconds: 5, paused: true }, [
    container({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
        { name: 'THEIRS', value: '3' },
      ],
    }),
  ]);
  assert.deepEqual(patchFor(actual, desired, last), {
    metadata: desired.metadata,
    spec: {
      progressDeadlineSeconds: 660,
      minReadySeconds: null,
      template: {
        spec: {
          containers: [
            {
              ...container(),
              env: [
                { name: 'B', value: '2' },
                { $patch: 'delete', name: 'A' },
              ],
            },
          ],
        },
      },
    },
  });
  assert.deepEqual(
    patchFor(actual, deployment({}, [container()]), last),
    deployment({ minReadySeconds: null }, [container({ env: null })]),
    'a list that is gone altogether',
  );
});

test('what is not wanted any more and not there is nothing to do', () => {
  const last = deployment({ minReadySeconds: 5 }, [container({ env: [{ name: 'A', value: '1' }] })]);
  assert.equal(patchFor(deployment(), deployment(), last), undefined);
});

test('without knowledge of the last time nothing is taken away', () => {
  assert.equal(patchFor(deployment({ minReadySeconds: 5 }), deployment(), undefined), undefined);
});

test('what was asked for is remembered by its fields alone, without values', () => {
  const desired = deployment({ minReadySeconds: 5 }, [container({ env: [{ name: 'TOKEN', value: 'hush' }] })]);
  const made = withAppliedFields(desired) as unknown as { metadata: Parameters<typeof appliedFieldsOf>[0]['metadata'] };
  const text = made.metadata.annotations?.[appliedFieldsAnnotation] ?? '';
  assert.ok(!text.includes('hush') && !text.includes('8000'), text);
  const fields = appliedFieldsOf(made);
  assert.ok(fields !== undefined);
  assert.equal(patchFor(desired, desired, fields), undefined);
  const without = deployment({}, [container()]);
  assert.deepEqual(
    patchFor(desired, without, fields),
    patchFor(desired, without, desired),
    'it tells what values tell',
  );
});

test('a note that somebody has broken is none', () => {
  const metadata = { name: 'chat', uid: '', resourceVersion: '', creationTimestamp: '' };
  for (const text of ['{', '5', 'null', '[]', ''])
    assert.equal(
      appliedFieldsOf({ metadata: { ...metadata, annotations: { [appliedFieldsAnnotation]: text } } }),
      undefined,
      text,
    );
  assert.equal(appliedFieldsOf({ metadata }), undefined);
});
