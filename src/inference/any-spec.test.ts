import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  customResourceDefinitions,
  deployments,
  horizontalPodAutoscalers,
  inferences,
  podDisruptionBudgets,
  services,
} from '../api/resources.ts';
import type { Deployment } from '../api/schema/apps-v1.ts';
import type { Draft } from '../api/schema/draft.ts';
import { inferenceCustomResourceDefinition } from '../api/slipway/v1alpha1/inference-crd.ts';
import type { Inference } from '../api/slipway/v1alpha1/inference.ts';
import type { Client } from '../machinery/client.ts';
import { secondMs } from '../std/clock.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { inferenceController } from './controller.ts';

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const quantity = fc.oneof(
  fc.constantFrom(
    '0.25',
    '250m',
    '1',
    '1000m',
    '1.5',
    '0.0001',
    '1024Mi',
    '1Gi',
    '1500M',
    '1000000',
    '0.1Ki',
    '7',
    '000.5',
  ),
  fc
    .tuple(fc.nat(5000), fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi'))
    .map(([amount, suffix]) => `${amount}${suffix}`),
);
const variable = fc.record({
  name: fc.constantFrom('A', 'B', 'C', 'a.b'),
  value: maybe(fc.constantFrom('', '1', '$(A)', '$$(A)', '\n')),
  valueFrom: fc.constant(undefined),
});
const reference = fc.record({
  name: fc.constantFrom('D', 'E', 'F'),
  valueFrom: fc.oneof(
    fc.record({ fieldRef: fc.record({ fieldPath: fc.constant('metadata.name') }) }),
    fc.record({ fieldRef: fc.record({ apiVersion: fc.constant('v1'), fieldPath: fc.constant('status.hostIP') }) }),
    fc.record({
      resourceFieldRef: fc.record({
        resource: fc.constant('limits.memory'),
        divisor: maybe(fc.constantFrom('1', '1Mi', '1024Ki')),
      }),
    }),
    fc.record({
      configMapKeyRef: fc.record({ name: fc.constant('c'), key: fc.constant('k'), optional: maybe(fc.boolean()) }),
    }),
    fc.record({ secretKeyRef: fc.record({ name: fc.constant('s'), key: fc.constant('k') }) }),
  ),
});
const spec: fc.Arbitrary<Draft<Inference['spec']>> = fc.record({
  model: fc.constantFrom(
    'builtin://tiny-chat',
    'builtin://use-lite',
    'builtin://sim',
    'file:///$(A)/$$b.gguf',
    'hf://a/b/c.gguf@main',
  ),
  modelName: maybe(fc.constantFrom('chat', 'a/b:c')),
  resources: maybe(fc.record({ cpu: maybe(quantity), memory: maybe(quantity) })),
  replicas: maybe(fc.record({ min: fc.integer({ min: 1, max: 6 }), max: fc.integer({ min: 1, max: 6 }) })),
  target: maybe(fc.record({ concurrency: fc.constantFrom(1, 4, 999, 1000, 1001, 100_000) })),
  drain: maybe(fc.constantFrom('60s', '500ms', '0s', '1h1m')),
  args: maybe(fc.array(fc.constantFrom('--x', '', '$(POD_IP)', 'é'), { maxLength: 3 })),
  env: maybe(fc.uniqueArray(fc.oneof(variable, reference), { maxLength: 5, selector: ({ name }) => name })),
}) as fc.Arbitrary<Draft<Inference['spec']>>;

const kinds = [deployments, services, horizontalPodAutoscalers, podDisruptionBudgets];

test('whatever the spec and whatever it was before, the children are what they would be if made anew, and then left alone', async () => {
  await using sandbox = await Sandbox.open();
  const { world, informers, clock } = sandbox;
  const { client } = world;
  await client.create(customResourceDefinitions, inferenceCustomResourceDefinition);
  await clock.settle();
  let patches = 0;
  const counted: Client = {
    ...client,
    patch: (...args) => {
      patches++;
      return client.patch(...args);
    },
  };
  await sandbox.start(
    inferenceController({ ...world, client: counted }, informers, { gatewayUrl: 'http://127.0.0.1:8080' }),
  );
  let runs = 0;
  let key = { namespace: 'default', name: '' };
  const childrenNow = (): Promise<readonly Deployment[]> =>
    Promise.all(kinds.map((resource) => client.get(resource as typeof deployments, key)));
  const wishes = async (): Promise<unknown> =>
    (await childrenNow()).map(({ metadata: { labels }, spec }) => ({
      labels,
      spec: { ...spec, replicas: 0, clusterIP: 0, clusterIPs: 0 },
    }));
  const remove = async (): Promise<void> => {
    for (const resource of [inferences, ...kinds]) await client.delete(resource as typeof deployments, key);
    await clock.advance(secondMs);
  };

  await fc.assert(
    fc.asyncProperty(spec, spec, async (before, after) => {
      key = { namespace: 'default', name: `chat-${runs++}` };
      const first = await client.create(inferences, { metadata: key, spec: before });
      await clock.advance(secondMs);
      patches = 0;
      await client.patch(inferences, key, { type: 'merge', body: { metadata: { annotations: { touched: '1' } } } });
      await clock.advance(secondMs);
      assert.equal(patches, 0, 'nothing is written twice');

      const { metadata } = await client.get(inferences, key);
      await client.update(inferences, { ...first, metadata, spec: after as Inference['spec'] });
      await clock.advance(secondMs);
      const changed = await wishes();
      await remove();
      await client.create(inferences, { metadata: key, spec: after });
      await clock.advance(secondMs);
      assert.deepEqual(changed, await wishes());
      await remove();
    }),
    { numRuns: 60 },
  );
});
