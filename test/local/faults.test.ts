import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestEngine } from '../engine.ts';
import { ask, load } from './ask.ts';

let engine: TestEngine;

before(async () => {
  engine = await TestEngine.start(['-f', 'test/local/two-replicas.yaml']);
  await engine.until('the model is Ready', async () => engine.output.includes('OpenAI base URL'));
  await engine.kubectl('wait', 'deployment/chat', '--for=jsonpath={.status.readyReplicas}=2', '--timeout=90s');
});
after(async () => await engine[Symbol.asyncDispose]());

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly uid: string };
    readonly status: {
      readonly podIP: string;
      readonly containerStatuses: readonly { readonly restartCount: number }[];
    };
  }[];
}

const chatPods = (): Promise<Pods> => engine.json<Pods>('get', 'pods', '-l', 'slipway.dev/inference=chat');

/** pids by pod name, from `slipway status -o json`. */
async function pids(): Promise<ReadonlyMap<string, number>> {
  const { execFileSync } = await import('node:child_process');
  const text = execFileSync('./slipway', ['status', '--data-dir', engine.dataDir, '-o', 'json'], {
    encoding: 'utf8',
    cwd: `${import.meta.dirname}/../..`,
  });
  const { pods } = JSON.parse(text) as { pods: { name: string; containers: { pid?: number }[] }[] };
  return new Map(
    pods.flatMap(({ name, containers }) =>
      containers[0]?.pid === undefined ? [] : [[name, containers[0].pid] as const],
    ),
  );
}

test('kill -9 of a model server under load fails no request', async () => {
  const [victim] = (await chatPods()).items;
  assert.ok(victim !== undefined);
  const pid = (await pids()).get(victim.metadata.name);
  assert.ok(pid !== undefined, 'status tells the pid');
  const traffic = load(engine.gateway, 4);
  await engine.until('traffic flows', async () => (await ask(engine.gateway, 'hello')).status === 200);
  process.kill(pid, 'SIGKILL');
  await engine.until('the container was restarted', async () => {
    const now = (await chatPods()).items.find(({ metadata }) => metadata.uid === victim.metadata.uid);
    return (now?.status.containerStatuses[0]?.restartCount ?? 0) === 1;
  });
  await engine.kubectl('wait', 'pod', victim.metadata.name, '--for=condition=Ready', '--timeout=60s');
  const { sent, failures } = await traffic.finish();
  assert.deepEqual(failures, []);
  assert.ok(sent > 20, `${sent} requests`);
});

test('a rolling update of the model under load fails no request', async () => {
  const before = (await chatPods()).items.map(({ metadata }) => metadata.uid);
  const traffic = load(engine.gateway, 4);
  await engine.kubectl(
    'patch',
    'inference',
    'chat',
    '--type=merge',
    '-p',
    '{"spec":{"env":[{"name":"REVISION","value":"2"}]}}',
  );
  await engine.until('the operator rolled the deployment', async () => {
    const { items } = await chatPods();
    return items.some(({ metadata }) => !before.includes(metadata.uid));
  });
  await engine.kubectl('rollout', 'status', 'deployment/chat', '--timeout=120s');
  await engine.until('the old pods are gone', async () => {
    const { items } = await chatPods();
    return items.every(({ metadata }) => !before.includes(metadata.uid));
  });
  const { sent, failures } = await traffic.finish();
  assert.deepEqual(failures, []);
  assert.ok(sent > 20, `${sent} requests`);
});

test('pods serve on while the engine is dead, and the next engine adopts them as they are', async () => {
  const before = (await chatPods()).items;
  const running = await pids();
  const traffic = load(engine.gateway, 2);
  await engine.kill9();
  for (let i = 0; i < 5; i++) assert.equal((await ask(engine.gateway, 'what is a node ?')).status, 200);
  const gateway = engine.gateway;
  await engine.restart();
  assert.equal(engine.gateway, gateway, 'the address that clients know stays');
  await engine.kubectl('wait', 'deployment/chat', '--for=jsonpath={.status.readyReplicas}=2', '--timeout=60s');
  const { sent, failures } = await traffic.finish();
  assert.deepEqual(failures, []);
  assert.ok(sent > 5);
  const after = (await chatPods()).items;
  const facts = ({ items }: Pods): unknown =>
    items
      .map(({ metadata, status }) => `${metadata.uid} ${status.podIP} ${status.containerStatuses[0]?.restartCount}`)
      .toSorted((a, b) => a.localeCompare(b));
  assert.deepEqual(facts({ items: after }), facts({ items: before }));
  assert.deepEqual(await pids(), running);
});

test('an object acknowledged before kill -9 is there after the restart', async () => {
  for (let i = 0; i < 20; i++) await engine.kubectl('create', 'configmap', `kept-${i}`, `--from-literal=i=${i}`);
  await engine.kill9();
  await engine.restart();
  const { items } = await engine.json<{ items: { metadata: { name: string } }[] }>('get', 'configmaps');
  const names = items.map(({ metadata }) => metadata.name);
  for (let i = 0; i < 20; i++) assert.ok(names.includes(`kept-${i}`), `kept-${i}`);
});
