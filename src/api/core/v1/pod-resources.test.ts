import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareQuantity } from '../../quantity.ts';
import type { Container, PodSpec, ResourceList } from '../../schema/core-v1.ts';
import { podQosClass } from './pod-qos.ts';
import { formatResources, podLimits, podRequests, sumResources, parseResources } from './pod-resources.ts';

const container = (requests: ResourceList, more: object = {}): Container =>
  ({ name: 'c', image: 'x', resources: { requests }, ...more }) as never;
const cpu = (amount: string): Container => container({ cpu: amount });
const sidecar = (amount: string): Container => container({ cpu: amount }, { restartPolicy: 'Always' });
const spec = (containers: readonly Container[], more: Partial<PodSpec> = {}): { spec: PodSpec } => ({
  spec: { containers, ...more } as PodSpec,
});

test('a pod takes what runs together, or the neediest moment of its initialisation', () => {
  const table: readonly (readonly [title: string, pod: { spec: PodSpec }, cpu: string | undefined])[] = [
    ['nothing', spec([container({})]), undefined],
    ['containers add up', spec([cpu('100m'), cpu('1')]), '1100m'],
    ['init containers run one by one', spec([cpu('1')], { initContainers: [cpu('2'), cpu('3')] }), '3'],
    ['a small init container costs nothing', spec([cpu('2')], { initContainers: [cpu('1')] }), '2'],
    ['sidecars stay', spec([cpu('1')], { initContainers: [sidecar('500m')] }), '1500m'],
    [
      'earlier sidecars run during later initialisation',
      spec([cpu('1')], { initContainers: [sidecar('1'), cpu('3')] }),
      '4',
    ],
    ['later sidecars do not', spec([cpu('1')], { initContainers: [cpu('3'), sidecar('1')] }), '3'],
    ['overhead comes on top', spec([cpu('1')], { overhead: { cpu: '250m' } }), '1250m'],
    ['pod-level requests replace', spec([cpu('1')], { resources: { requests: { cpu: '4' } } }), '4'],
  ];
  for (const [title, pod, expected] of table) assert.equal(formatResources(podRequests(pod))['cpu'], expected, title);
});

test('each resource has its own neediest moment', () => {
  const pod = spec([container({ cpu: '1', memory: '1Gi', 'nvidia.com/gpu': '1' })], {
    initContainers: [container({ cpu: '4', memory: '512Mi' })],
  });
  assert.deepEqual(formatResources(podRequests(pod)), { cpu: '4', memory: '1Gi', 'nvidia.com/gpu': '1' });
});

test('overhead adds to limits only where there is one', () => {
  const limited = { name: 'c', image: 'x', resources: { limits: { cpu: '1' } } } as unknown as Container;
  const limits = podLimits(spec([limited], { overhead: { cpu: '1', memory: '1Gi' } }));
  assert.deepEqual(formatResources(limits), { cpu: '2' });
});

test('a pod takes at least what any of its containers does, and at most all of them', () => {
  const lists = fc.array(fc.nat(5000), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(lists, lists, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (main, init, stays) => {
      const initContainers = init.map((m, index) => (stays[index] === true ? sidecar(`${m}m`) : cpu(`${m}m`)));
      const containers = main.map((m) => cpu(`${m}m`));
      const total = podRequests(spec(containers, { initContainers })).get('cpu')!;
      const each = [...containers, ...initContainers].map(({ resources }) => parseResources(resources.requests));
      for (const one of each) assert.ok(compareQuantity(total, one.get('cpu')!) >= 0);
      assert.ok(compareQuantity(total, sumResources(...each).get('cpu')!) <= 0);
    }),
  );
});

test('the class of service follows cpu and memory alone', () => {
  const both = { cpu: '1', memory: '1Gi' };
  const of = (...resources: readonly object[]): string =>
    podQosClass(spec(resources.map((one) => ({ name: 'c', image: 'x', resources: one }) as unknown as Container)));
  assert.equal(of({}), 'BestEffort');
  assert.equal(of({ requests: { 'nvidia.com/gpu': '1' }, limits: { 'nvidia.com/gpu': '1' } }), 'BestEffort');
  assert.equal(of({ requests: { cpu: '0' } }), 'BestEffort');
  assert.equal(of({ requests: both, limits: both }), 'Guaranteed');
  assert.equal(of({ requests: { cpu: '1000m', memory: '1024Mi' }, limits: both }), 'Guaranteed');
  assert.equal(of({ requests: both, limits: both }, {}), 'Burstable');
  assert.equal(of({ requests: { cpu: '500m', memory: '1Gi' }, limits: both }), 'Burstable');
  assert.equal(of({ requests: { cpu: '1' } }), 'Burstable');
  assert.equal(of({ limits: { memory: '1Gi' }, requests: { memory: '1Gi' } }), 'Burstable');
});
