import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleDeployment } from './sample.ts';
import { isSameTemplate, replicaSetName, templateHash } from './template-hash.ts';

const { template } = sampleDeployment({ image: 'a' }).spec;
const other = sampleDeployment({ image: 'b' }).spec.template;

test('equal templates have one hash, whatever the order of their fields, and others another', () => {
  const reordered = { spec: template.spec, metadata: template.metadata };
  assert.equal(templateHash(reordered, undefined), templateHash(template, undefined));
  assert.notEqual(templateHash(other, undefined), templateHash(template, undefined));
  assert.match(templateHash(template, undefined), /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
});

test('the hash of a template never changes between versions, or every rollout would start again', () => {
  assert.equal(templateHash(template, undefined), '67d4799488');
});

test('a collision gives another hash', () => {
  const hashes = [undefined, 0, 1, 2].map((count) => templateHash(template, count));
  assert.equal(new Set(hashes).size, 4);
});

test('templates are the same when only the hash label differs', () => {
  const withHash = { ...template, metadata: { labels: { ...template.metadata.labels, 'pod-template-hash': 'x' } } };
  assert.equal(isSameTemplate(template, withHash), true);
  assert.equal(isSameTemplate(other, withHash), false);
  const onlyHash = { ...template, metadata: { labels: { 'pod-template-hash': 'x' } } };
  assert.equal(isSameTemplate({ ...template, metadata: {} }, onlyHash), true);
});

// Upstream: TestGenerateReplicaSetName.
test('a long name is cut so that the hash still fits', () => {
  const named = (name: string): string =>
    replicaSetName({ ...sampleDeployment(), metadata: { ...sampleDeployment().metadata, name } }, 'b5c9');
  assert.equal(named('web'), 'web-b5c9');
  assert.equal(named('a'.repeat(248)), `${'a'.repeat(248)}-b5c9`);
  assert.equal(named('a'.repeat(253)), `${'a'.repeat(248)}-b5c9`);
});
