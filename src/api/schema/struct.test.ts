import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allStructs, structNamed, structOfKind } from './struct.ts';
import { tables } from './tables.ts';

test('kinds are found by group, version and kind, those of meta.k8s.io in every group-version', () => {
  assert.equal(structOfKind('', 'v1', 'Pod')?.name, 'core/v1.Pod');
  assert.equal(structOfKind('', 'v1', 'Event')?.name, 'core/v1.Event');
  assert.equal(structOfKind('events.k8s.io', 'v1', 'Event')?.name, 'events/v1.Event');
  assert.equal(structOfKind('autoscaling', 'v1', 'Scale')?.model, 'io.k8s.api.autoscaling.v1.Scale');
  assert.equal(structOfKind('apps', 'v1', 'DeploymentList')?.name, 'apps/v1.DeploymentList');
  assert.equal(structOfKind('policy', 'v1', 'DeleteOptions')?.name, 'meta/v1.DeleteOptions');
  assert.equal(structOfKind('', 'v1', 'Status')?.name, 'meta/v1.Status');
  assert.equal(structOfKind('apps', 'v1', 'Pod'), undefined);
  assert.throws(() => structNamed('core/v1.Nothing'), /^Error: bug: no struct core\/v1\.Nothing/);
});

test('embedded structs are dissolved in JSON and messages of their own in protobuf', () => {
  const volume = structNamed('core/v1.Volume');
  assert.deepEqual(volume.byName.get('emptyDir')?.embedding, ['VolumeSource']);
  assert.equal(volume.byNumber.get(2)?.name, undefined);
  assert.equal(structNamed('core/v1.Pod').byNumber.get(1)?.name, 'metadata');
  assert.equal(structNamed('core/v1.Pod').fields[0]?.name, 'kind');
});

test('the tables carry what merging and server-side apply need', () => {
  const ports = structNamed('core/v1.Container').byName.get('ports')?.row;
  assert.equal(ports?.mergeKey, 'containerPort');
  assert.deepEqual(ports?.mapKeys, ['containerPort', 'protocol']);
  assert.equal(ports?.listType, 'map');
  assert.equal(structNamed('core/v1.ContainerPort').byName.get('protocol')?.row.default, 'TCP');
  assert.equal(structNamed('core/v1.PodSpec').byName.get('volumes')?.row.patchStrategy, 'merge,retainKeys');
  assert.equal(structNamed('core/v1.ServiceSpec').byName.get('selector')?.row.mapType, 'atomic');
  assert.ok(structNamed('meta/v1.LabelSelector').isAtomic);
  assert.ok(!structNamed('core/v1.PodSpec').isAtomic);
});

test('no field name and no field number stands twice in a struct', () => {
  for (const struct of allStructs()) assert.equal(struct.byName.size, struct.fields.length, struct.name);
  for (const { structs } of tables)
    for (const [name, rows] of Object.entries(structs)) {
      const numbers = rows.flatMap(({ number }) => number ?? []);
      assert.equal(new Set(numbers).size, numbers.length, name);
    }
});
