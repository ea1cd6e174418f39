import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestEngine } from '../engine.ts';
import { kubectlPath } from './real-kubectl.ts';

let engine: TestEngine;

before(async () => {
  engine = await TestEngine.start();
  await engine.kubectl('label', 'namespace', 'default', 'slipway.dev/host-commands=allowed');
});
after(async () => await engine[Symbol.asyncDispose]());

/** A Deployment whose pods are real processes of this machine's shell. */
const ticker = (replicas: number, word = 'tick'): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ticker, labels: { app: ticker } }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ticker } }
  template:
    metadata: { labels: { app: ticker } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: shell
          image: host/sh
          command: [sh, -c, 'while true; do echo ${word} $POD_NAME; sleep 0.2; done']
          env:
            - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
          resources: { requests: { cpu: 10m, memory: 16Mi } }
`;

const apply = async (manifest: string, ...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await engine.kubectlOutcome(['apply', '-f', '-', ...args], manifest);
  assert.equal(code, 0, stderr);
  return stdout;
};

test('version and api-resources: a Kubernetes 1.36 that serves the first tier', async () => {
  assert.match(await engine.kubectl('version'), /Server Version: v1\.36\.3\+slipway/);
  const resources = await engine.kubectl('api-resources', '--no-headers');
  for (const name of [
    'pods',
    'deployments',
    'horizontalpodautoscalers',
    'leases',
    'endpointslices',
    'customresourcedefinitions',
    'inferences',
    'poddisruptionbudgets',
  ]) {
    assert.match(resources, new RegExp(`^${name}\\s`, 'm'));
  }
  assert.match(await engine.kubectl('get', '--raw', '/readyz'), /ok/);
});

test('apply creates, says unchanged the second time, and configures what differs', async () => {
  assert.match(await apply(ticker(1)), /deployment\.apps\/ticker created/);
  assert.match(await apply(ticker(1)), /deployment\.apps\/ticker unchanged/);
  assert.match(await apply(ticker(2)), /deployment\.apps\/ticker configured/);
});

test('rollout status ends when the pods are ready, and get shows them', async () => {
  assert.match(
    await engine.kubectl('rollout', 'status', 'deployment/ticker', '--timeout=60s'),
    /successfully rolled out/,
  );
  assert.match(
    await engine.kubectl('get', 'deployment', 'ticker'),
    /^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nticker\s+2\/2\s+2\s+2\s+\d+s/,
  );
  assert.match(
    await engine.kubectl('get', 'pods', '-l', 'app=ticker', '-o', 'wide'),
    /ticker-\S+\s+1\/1\s+Running\s+0\s+\d+s\s+127\.\d+\.\d+\.\d+\s+\S+/,
  );
  assert.match(await engine.kubectl('get', 'nodes'), /Ready\s+<none>\s+\d+s\s+v1\.36\.3/);
});

test('logs and logs -f show what the process prints while it prints it', async () => {
  const text = await engine.kubectl('logs', 'deployment/ticker', '--tail=3');
  assert.match(text, /^(tick ticker-\S+\n){1,3}$/);
  const follow = spawn(kubectlPath(), ['logs', '-f', 'deployment/ticker', '--tail=1'], {
    env: { HOME: engine.dataDir, KUBECONFIG: engine.kubeconfig },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let seen = '';
  for await (const chunk of follow.stdout) {
    seen += String(chunk);
    if (seen.split('\n').length > 4) break;
  }
  follow.kill();
  assert.match(seen, /^(tick ticker-\S+\n){4}/);
});

test('scale changes the pods', async () => {
  await engine.kubectl('scale', 'deployment/ticker', '--replicas=3');
  await engine.kubectl('wait', 'deployment/ticker', '--for=jsonpath={.status.availableReplicas}=3', '--timeout=60s');
  await engine.kubectl('scale', 'deployment/ticker', '--replicas=1');
  await engine.until(
    'two pods are gone',
    async () => (await engine.json<{ items: unknown[] }>('get', 'pods', '-l', 'app=ticker')).items.length === 1,
  );
});

test('edits by every kind of patch are kept', async () => {
  await engine.kubectl(
    'patch',
    'deployment',
    'ticker',
    '-p',
    '{"spec":{"template":{"spec":{"containers":[{"name":"shell","env":[{"name":"EXTRA","value":"1"}]}]}}}}',
  );
  await engine.kubectl(
    'patch',
    'deployment',
    'ticker',
    '--type=json',
    '-p',
    '[{"op":"add","path":"/metadata/labels/patched","value":"json"}]',
  );
  await engine.kubectl(
    'patch',
    'deployment',
    'ticker',
    '--type=merge',
    '-p',
    '{"metadata":{"annotations":{"patched":"merge"}}}',
  );
  const { metadata, spec } = await engine.json<{
    metadata: { labels: Record<string, string>; annotations: Record<string, string> };
    spec: { template: { spec: { containers: { env: { name: string }[] }[] } } };
  }>('get', 'deployment', 'ticker');
  assert.deepEqual(spec.template.spec.containers[0]?.env.map(({ name }) => name).toSorted(), ['EXTRA', 'POD_NAME']);
  assert.equal(metadata.labels['patched'], 'json');
  assert.equal(metadata.annotations['patched'], 'merge');
});

test('set env, rollout restart, history and undo', async () => {
  await engine.kubectl('rollout', 'status', 'deployment/ticker', '--timeout=60s');
  await engine.kubectl('set', 'env', 'deployment/ticker', 'EXTRA=2');
  await engine.kubectl('rollout', 'restart', 'deployment/ticker');
  await engine.kubectl('rollout', 'status', 'deployment/ticker', '--timeout=60s');
  assert.match(await engine.kubectl('rollout', 'history', 'deployment/ticker'), /REVISION\s+CHANGE-CAUSE\n1\s/);
  await engine.kubectl('rollout', 'undo', 'deployment/ticker');
  assert.match(
    await engine.kubectl('rollout', 'status', 'deployment/ticker', '--timeout=60s'),
    /successfully rolled out/,
  );
});

test('describe tells the story of a pod with its events', async () => {
  const text = await engine.kubectl('describe', 'pods', '-l', 'app=ticker');
  assert.match(text, /^Name:\s+ticker-/m);
  assert.match(text, /Image:\s+host\/sh/);
  assert.match(text, /QoS Class:\s+Burstable/);
  assert.match(text, /Normal\s+Scheduled\s+.*Successfully assigned default\/ticker-\S+ to /);
  assert.match(text, /Normal\s+Started\s+/);
  assert.match(await engine.kubectl('describe', 'deployment', 'ticker'), /ScalingReplicaSet/);
  assert.match(await engine.kubectl('describe', 'node'), /Allocated resources:/);
});

test('explain knows the fields of built-in kinds and of Inference', async () => {
  assert.match(await engine.kubectl('explain', 'pod.spec.containers.resources'), /FIELDS:[\s\S]*limits\s/);
  assert.match(await engine.kubectl('explain', 'deployment.spec.strategy'), /rollingUpdate/);
  assert.match(await engine.kubectl('explain', 'inference.spec'), /model\s+<string> -required-/);
});

test('a wrong field is refused with its path, on the way in and by the server', async () => {
  const unknown = await engine.kubectlOutcome(['apply', '-f', '-'], ticker(1).replace('replicas:', 'replicaz:'));
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /strict decoding error: unknown field "spec\.replicaz"/);
  const invalid = await engine.kubectlOutcome([
    'patch',
    'deployment',
    'ticker',
    '--type=merge',
    '-p',
    '{"spec":{"replicas":-1}}',
  ]);
  assert.match(
    invalid.stderr,
    /The Deployment "ticker" is invalid: spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
  );
  const inference = await engine.kubectlOutcome(
    ['apply', '-f', '-'],
    'apiVersion: slipway.dev/v1alpha1\nkind: Inference\nmetadata: { name: wrong }\nspec: { model: "builtin://tiny-chat", replicas: { min: -1 } }\n',
  );
  assert.match(
    inference.stderr,
    /spec\.replicas\.min: Invalid value: -1: spec\.replicas\.min in body should be greater than or equal to 1/,
  );
});

test('a List is applied item by item, and what get prints can be applied again', async () => {
  const item = (name: string): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { a: '1' },
  });
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item('first'), item('second')] });
  assert.match(await apply(list), /configmap\/first created\nconfigmap\/second created/);
  await apply(await engine.kubectl('get', 'configmap', 'first', 'second', '-o', 'yaml'));
  await engine.kubectl('delete', 'configmap', 'first', 'second');
});

test('typed creates arrive in protobuf and are understood', async () => {
  await engine.kubectl('create', 'namespace', 'typed');
  await engine.kubectl('create', 'configmap', 'settings', '-n', 'typed', '--from-literal=a=1', '--from-literal=b=two');
  await engine.kubectl('create', 'secret', 'generic', 'key', '-n', 'typed', '--from-literal=token=abc');
  const { data } = await engine.json<{ data: Record<string, string> }>('get', 'configmap', 'settings', '-n', 'typed');
  assert.deepEqual(data, { a: '1', b: 'two' });
  await engine.kubectl('create', 'deployment', 'web', '-n', 'typed', '--image=host/sleep', '--replicas=0');
  assert.match(await engine.kubectl('get', 'deployment', 'web', '-n', 'typed'), /web\s+0\/0/);
});

test('deleting a namespace takes everything in it along', async () => {
  await engine.kubectl('delete', 'namespace', 'typed', '--timeout=60s');
  const { code, stderr } = await engine.kubectlOutcome(['get', 'configmap', 'settings', '-n', 'typed']);
  assert.equal(code, 1);
  assert.match(stderr, /namespaces "typed" not found/);
});

test('get -w sees a change as it happens', async () => {
  const watching = spawn(
    kubectlPath(),
    ['get', 'deployment', 'ticker', '-w', '-o', 'jsonpath={.metadata.labels.seen}{"\\n"}'],
    {
      env: { HOME: engine.dataDir, KUBECONFIG: engine.kubeconfig },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let seen = '';
  for await (const chunk of watching.stdout) {
    if (seen === '') await engine.kubectl('label', 'deployment', 'ticker', 'seen=yes');
    seen += String(chunk);
    if (seen.includes('yes')) break;
  }
  watching.kill();
  assert.match(seen, /yes/);
});

test('a pod that nothing fits stays Pending and an event says why', async () => {
  await apply(
    'apiVersion: v1\nkind: Pod\nmetadata: { name: huge }\nspec: { containers: [{ name: c, image: host/true, resources: { requests: { cpu: "10000" } } }] }\n',
  );
  const text = await engine.until('the event', async () => {
    const out = await engine.kubectl('describe', 'pod', 'huge');
    return out.includes('FailedScheduling') && out;
  });
  assert.match(text, /0\/1 nodes are available: 1 Insufficient cpu/);
  await engine.kubectl('delete', 'pod', 'huge', '--timeout=30s');
});

test('delete cascades from the Deployment to its pods', async () => {
  await engine.kubectl('delete', 'deployment', 'ticker', '--timeout=60s');
  await engine.until(
    'no pod is left',
    async () =>
      (await engine.json<{ items: unknown[] }>('get', 'pods,replicasets', '-l', 'app=ticker')).items.length === 0,
  );
});

test('slipway kubectl passes through to the kubectl of the PATH', () => {
  const root = join(import.meta.dirname, '..', '..');
  const env = { ...process.env, PATH: `${join(kubectlPath(), '..')}:${process.env['PATH']}` };
  assert.match(
    execFileSync(join(root, 'slipway'), ['kubectl', '--data-dir', engine.dataDir, 'get', 'namespaces'], {
      env,
      encoding: 'utf8',
    }),
    /kube-system\s+Active/,
  );
});
