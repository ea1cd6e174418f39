import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../api/resources.ts';
import type { Toleration } from '../../api/schema/core-v1.ts';
import { Sandbox } from '../../worlds/sandbox.ts';

const text = ({ key, operator, effect, tolerationSeconds }: Toleration): string =>
  [key, operator, effect, tolerationSeconds].join(' ');

const notReady = 'node.kubernetes.io/not-ready Exists NoExecute 300';
const unreachable = 'node.kubernetes.io/unreachable Exists NoExecute 300';

const cases: readonly { says: string; given: readonly Toleration[]; then: readonly string[] }[] = [
  { says: 'nothing', given: [], then: [notReady, unreachable] },
  {
    says: 'how long it stays on an unreachable node',
    given: [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }],
    then: ['node.kubernetes.io/unreachable Exists NoExecute 5', notReady],
  },
  { says: 'that it stays everywhere', given: [{ operator: 'Exists' }], then: [' Exists  '] },
  {
    says: 'something of another effect',
    given: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' }],
    then: ['node.kubernetes.io/not-ready Exists NoSchedule ', notReady, unreachable],
  },
];

for (const { says, given, then } of cases)
  test(`a pod that says ${says}: ${then.join(', ')}`, async () => {
    await using sandbox = await Sandbox.open();
    const { client } = sandbox.world;
    const { spec } = await client.create(pods, {
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'i' }], tolerations: given },
    });
    assert.deepEqual(spec.tolerations?.map(text), then);
  });
