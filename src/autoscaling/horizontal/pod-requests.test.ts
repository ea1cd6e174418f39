import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '../../api/schema/core-v1.ts';
import { MetricFailure } from './metric-failure.ts';
import { podRequests } from './pod-requests.ts';

const container = (name: string, cpu?: string, restartPolicy?: string): Container => ({
  name,
  resources: cpu === undefined ? {} : { requests: { cpu } },
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
});

const pod = (containers: readonly Container[], initContainers: readonly Container[] = [], cpu?: string): Pod => ({
  metadata: { name: 'chat', uid: '', resourceVersion: '', creationTimestamp: '' },
  spec: { containers, initContainers, ...(cpu === undefined ? {} : { resources: { requests: { cpu } } }) },
  status: {},
});

test('what a pod asks for', async (t) => {
  const two = [container('a', '100m'), container('b', '50m')];
  const rows: readonly (readonly [what: string, pod: Pod, container: string, expect: bigint | string])[] = [
    ['the sum of its containers', pod(two), '', 150n],
    ['its own request where it has one', pod(two, [], '800m'), '', 800n],
    ['its own request though a container has none', pod([container('a'), container('b', '50m')], [], '800m'), '', 800n],
    ['one container', pod(two), 'a', 100n],
    ['one container whatever the pod says', pod(two, [], '800m'), 'a', 100n],
    [
      'sidecars too, other init containers not',
      pod([container('a', '100m')], [container('setup', '20m'), container('proxy', '50m', 'Always')]),
      '',
      150n,
    ],
    ['a sidecar by name', pod(two, [container('proxy', '50m', 'Always')]), 'proxy', 50n],
    ['fractions of a milli round up', pod([container('a', '100500u')]), '', 101n],
    [
      'nothing, when one container has no request',
      pod([container('a'), container('b', '50m')]),
      '',
      'missing request for cpu in container a of Pod chat',
    ],
    ['nothing, when there is no such container', pod(two), 'c', 'container c not found in Pod chat'],
  ];
  for (const [what, one, name, expect] of rows) {
    await t.test(what, () => {
      if (typeof expect === 'string') assert.throws(() => podRequests([one], name, 'cpu'), new MetricFailure(expect));
      else assert.deepEqual(podRequests([one], name, 'cpu'), new Map([['chat', expect]]));
    });
  }
  assert.deepEqual(podRequests([], '', 'cpu'), new Map());
});
