import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotationsOfNew, countAnnotation, maxRevision, revisionOf } from './revision.ts';
import { sampleDeployment, sampleReplicaSet } from './sample.ts';

const revision = 'deployment.kubernetes.io/revision';
const history = 'deployment.kubernetes.io/revision-history';

test('the Deployment’s annotations are copied, those that are its own are not', () => {
  const deployment = sampleDeployment({
    annotations: {
      'example.com/note': 'x',
      [revision]: '7',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      'deployment.kubernetes.io/desired-replicas': '9',
    },
  });
  assert.deepEqual(annotationsOfNew(deployment, { kept: 'y' }, 3), {
    kept: 'y',
    'example.com/note': 'x',
    [revision]: '3',
  });
});

const cases: readonly { when: string; before: Record<string, string>; next: number; expect: Record<string, string> }[] =
  [
    { when: 'it is new', before: {}, next: 1, expect: { [revision]: '1' } },
    { when: 'it is the newest already', before: { [revision]: '5' }, next: 3, expect: { [revision]: '5' } },
    { when: 'it is rolled back to', before: { [revision]: '1' }, next: 3, expect: { [revision]: '3', [history]: '1' } },
    {
      when: 'it is rolled back to again',
      before: { [revision]: '3', [history]: '1' },
      next: 5,
      expect: { [revision]: '5', [history]: '1,3' },
    },
    { when: 'its revision is nonsense', before: { [revision]: 'x' }, next: 5, expect: { [revision]: 'x' } },
  ];
for (const { when, before, next, expect } of cases)
  test(`when ${when}, its revision becomes ${expect[revision]}`, () => {
    assert.deepEqual(annotationsOfNew(sampleDeployment(), before, next), expect);
  });

test('a long history loses its oldest entries', () => {
  const long = Array.from({ length: 500 }, (_, index) => 1000 + index).join(',');
  const { [history]: text = '' } = annotationsOfNew(sampleDeployment(), { [revision]: '2000', [history]: long }, 2001);
  assert.ok(text.length <= 2000);
  assert.ok(text.endsWith(',1499,2000'));
  assert.ok(!text.startsWith('1000'));
});

test('revisions that are no numbers are passed over', () => {
  const sets = ['3', 'x', '12'].map((text, index) =>
    sampleReplicaSet(`rs-${index}`, 0, { annotations: { [revision]: text } }),
  );
  assert.equal(maxRevision(sets), 12);
  assert.equal(revisionOf(sets[1]!), undefined);
  assert.equal(revisionOf(sampleReplicaSet('none', 0)), 0);
  assert.equal(maxRevision([]), 0);
});

test('only non-negative int32 values count', () => {
  const read = (text: string): number | undefined =>
    countAnnotation(sampleReplicaSet('a', 0, { annotations: { k: text } }), 'k');
  assert.deepEqual(['0', '17', '2147483647', '2147483648', '-1', '+1', '1.5', '', ' 1'].map(read), [
    0,
    17,
    2147483647,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.equal(countAnnotation(sampleReplicaSet('a', 0), 'k'), undefined);
});
