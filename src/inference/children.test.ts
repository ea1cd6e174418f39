import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inference, InferenceSpec } from '../api/slipway/v1alpha1/inference.ts';
import { modelServers } from './catalogue.ts';
import { children } from './children.ts';

/** As the API server defaults it. */
const inference = (spec: Partial<InferenceSpec> = {}): Inference => ({
  metadata: { name: 'chat', namespace: 'team', uid: 'uid-1', resourceVersion: '1', creationTimestamp: '' },
  spec: {
    model: 'file:///m.gguf',
    runtime: 'auto',
    replicas: { min: 1, max: 3 },
    target: { concurrency: 4 },
    idle: { after: '10m', action: 'none' },
    cold: { hold: '2m', maxHeld: 100 },
    drain: '60s',
    ...spec,
  },
});

const made = (spec: Partial<InferenceSpec> = {}, server: keyof typeof modelServers = 'llm') => {
  const { deployment, service, autoscaler, budget } = children(inference(spec), modelServers[server]);
  const pod = deployment.spec!.template!.spec!;
  return { deployment, service, autoscaler, budget, pod, container: pod.containers![0]! };
};

test('all have the name, the namespace, the label and the owner', () => {
  const { deployment, service, autoscaler, budget } = made();
  for (const { metadata } of [deployment, service, autoscaler, budget])
    assert.deepEqual(metadata, {
      name: 'chat',
      namespace: 'team',
      labels: { 'slipway.dev/inference': 'chat', 'app.kubernetes.io/managed-by': 'slipway' },
      ownerReferences: [
        {
          apiVersion: 'slipway.dev/v1alpha1',
          kind: 'Inference',
          name: 'chat',
          uid: 'uid-1',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    });
});

test('Service, budget and template meet in one label', () => {
  const { deployment, service, budget } = made();
  const label = { 'slipway.dev/inference': 'chat' };
  assert.deepEqual(deployment.spec?.selector?.matchLabels, label);
  assert.deepEqual(deployment.spec?.template?.metadata?.labels, label);
  assert.deepEqual(service.spec?.selector, label);
  assert.deepEqual(budget.spec, { selector: { matchLabels: label }, maxUnavailable: 1 });
});

test('the count of the Deployment is nobody’s here: it is the autoscaler’s', () => {
  const { deployment, autoscaler } = made({ replicas: { min: 2, max: 5 } });
  assert.ok(!('replicas' in deployment.spec!));
  const { minReplicas, maxReplicas, scaleTargetRef } = autoscaler.spec!;
  assert.deepEqual([minReplicas, maxReplicas], [2, 5]);
  assert.deepEqual(scaleTargetRef, { apiVersion: 'apps/v1', kind: 'Deployment', name: 'chat' });
});

test('a floor above the ceiling lifts it, since the autoscaler would be refused', () => {
  assert.equal(made({ replicas: { min: 7, max: 3 } }).autoscaler.spec?.maxReplicas, 7);
});

test('the target is in flight a replica, as the API writes quantities', () => {
  const target = (concurrency: number): string | undefined =>
    made({ target: { concurrency } }).autoscaler.spec?.metrics?.[0]?.pods?.target?.averageValue;
  assert.deepEqual([target(4), target(1000), target(1500), target(100_000)], ['4', '1k', '1500', '100k']);
});

test('a rolling update never has fewer replicas than before', () => {
  assert.deepEqual(made().deployment.spec?.strategy, {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
  });
});

test('the server is told its address, its model, the name of it, and how long it may drain', () => {
  assert.equal(
    made({ modelName: 'org/chat', drain: '1m30s', args: ['--context', '2048'] }).container.args?.join(' '),
    '--host $(POD_IP) --port 8000 --model-name org/chat --drain-seconds 90 --model file:///m.gguf --parallel 4 --context 2048',
  );
  assert.deepEqual(made({ model: 'builtin://use-lite' }, 'embed').container.args?.slice(-2), [
    '--model',
    'builtin://use-lite',
  ]);
  assert.equal(
    made({ target: { concurrency: 100_000 } }, 'sim').container.args?.at(-1),
    '256',
    'no server has more places',
  );
});

test('the grace of a pod covers its farewell, its drain and its end', () => {
  const graceOf = (drain: string): unknown => made({ drain }).pod.terminationGracePeriodSeconds;
  assert.deepEqual([graceOf('60s'), graceOf('500ms'), graceOf('0s'), graceOf('1h')], [66, 7, 6, 3606]);
});

test('a dollar in the model is a dollar, and one in the user’s arguments is Kubernetes’ own', () => {
  const { args } = made({ model: 'file:///$(HOME)/$$.gguf', args: ['$(POD_IP)'] }).container;
  assert.ok(args?.includes('file:///$$(HOME)/$$$$.gguf'));
  assert.equal(args?.at(-1), '$(POD_IP)');
});

test('requests come from the spec, else from the server; memory that was asked for is also the limit', () => {
  assert.deepEqual(made().container.resources, { requests: { cpu: '250m', memory: '512Mi' } });
  assert.deepEqual(made({ resources: { cpu: '0.5', memory: '2048Mi' } }).container.resources, {
    requests: { cpu: '500m', memory: '2Gi' },
    limits: { memory: '2Gi' },
  });
  assert.deepEqual(made({ resources: { cpu: '0.0001' } }, 'sim').container.resources, {
    requests: { cpu: '1m', memory: '128Mi' },
  });
});

test('the user’s environment follows the address, with quantities as the API writes them', () => {
  const { env } = made({
    env: [
      { name: 'A', value: '1' },
      { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1024Ki' } } },
    ],
  }).container;
  assert.deepEqual(env, [
    { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
    { name: 'A', value: '1' },
    { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
  ]);
});

test('a start has ten minutes, and a rollout is not called stuck before', () => {
  const { deployment, container } = made();
  const { periodSeconds = 0, failureThreshold = 0 } = container.startupProbe ?? {};
  assert.equal(periodSeconds * failureThreshold, 600);
  assert.ok((deployment.spec?.progressDeadlineSeconds ?? 0) > 600);
});

test('its metrics are found where Prometheus looks for them', () => {
  assert.deepEqual(made().deployment.spec?.template?.metadata?.annotations, {
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': '8000',
    'prometheus.io/path': '/metrics',
  });
});
