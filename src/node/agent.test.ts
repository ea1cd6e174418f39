import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events, leases, nodes, pods } from '../api/resources.ts';
import type { Container, Pod, PodSpec } from '../api/schema/core-v1.ts';
import type { Draft } from '../api/schema/draft.ts';
import { SimulatedNetwork } from '../twin/simulated-network.ts';
import { plainImage, type ImageBehaviour } from '../twin/image-behaviour.ts';
import { SimulatedRuntime } from '../twin/simulated-runtime.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { NodeAgent, type NodeAgentOptions } from './agent.ts';

const quiet: ImageBehaviour = { ...plainImage, startMs: 100, port: 8080, memoryBytes: 1 << 20 };

type Images = Readonly<Record<string, Partial<ImageBehaviour>>>;

/** One node in a world of its own, without a scheduler: pods name the node themselves. */
class Lab implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly network = new SimulatedNetwork();
  readonly runtime: SimulatedRuntime;
  readonly #options: Partial<NodeAgentOptions>;
  agent: NodeAgent;

  private constructor(sandbox: Sandbox, images: Images, options: Partial<NodeAgentOptions>) {
    this.sandbox = sandbox;
    this.#options = options;
    this.runtime = new SimulatedRuntime({
      clock: sandbox.clock,
      network: this.network,
      images: (image) => (images[image] === undefined ? undefined : { ...quiet, ...images[image] }),
      subnet: '10.244.1',
      nodeIP: '192.168.0.1',
    });
    this.agent = this.#newAgent();
  }

  static async open(images: Images = { app: {} }, options: Partial<NodeAgentOptions> = {}): Promise<Lab> {
    const lab = new Lab(await Sandbox.open(), images, options);
    await lab.#start();
    return lab;
  }

  get client() {
    return this.sandbox.world.client;
  }

  async #start(): Promise<void> {
    await this.sandbox.start(this.agent);
  }

  #newAgent(): NodeAgent {
    return new NodeAgent(this.sandbox.world, this.sandbox.informers, {
      node: {
        name: 'n1',
        address: '192.168.0.1',
        capacity: { cpu: '4', memory: '8Gi', pods: '10' },
        kubeletVersion: 'v1.36.3',
        system: {
          machineID: '',
          systemUUID: '',
          bootID: '',
          kernelVersion: '6',
          osImage: 'Twin',
          operatingSystem: 'linux',
          architecture: 'amd64',
        },
      },
      runtime: this.runtime,
      network: this.network,
      ...this.#options,
    });
  }

  /** The agent dies and another takes over, `downMs` later. */
  async restartAgent(downMs: number): Promise<void> {
    await this.agent.stop();
    await this.sandbox.clock.advance(downMs);
    this.agent = this.#newAgent();
    await this.#start();
  }

  async run(spec: Draft<PodSpec> & object, metadata: object = {}): Promise<Pod> {
    const pod = await this.client.create(pods, {
      metadata: { name: 'p', namespace: 'default', ...metadata },
      spec: { nodeName: 'n1', ...spec },
    });
    await this.sandbox.clock.settle();
    return pod;
  }

  async advance(seconds: number): Promise<void> {
    await this.sandbox.clock.advance(seconds * 1000);
  }

  pod(name = 'p'): Promise<Pod> {
    return this.client.get(pods, { namespace: 'default', name });
  }

  async exists(name = 'p'): Promise<boolean> {
    return (await this.client.list(pods)).items.some(({ metadata }) => metadata.name === name);
  }

  /** `reason: message` of the events so far, each with how often it came when that is more than once. */
  async events(): Promise<readonly string[]> {
    const { items } = await this.client.list(events, { namespace: 'default' });
    return items
      .toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .filter(({ involvedObject }) => involvedObject.kind === 'Pod')
      .map(({ reason, message, count = 1 }) => `${reason}: ${message}${count > 1 ? ` (x${count})` : ''}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}

const app = (change: Draft<Container> = {}): Draft<Container> => ({ name: 'c', image: 'app', ...change });
const httpGet = { path: '/health', port: 8080 };

function containerText(pod: Pod, name = 'c'): string {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status;
  const status = [...containerStatuses, ...initContainerStatuses].find((each) => each.name === name);
  if (status === undefined) return 'none';
  const { state, ready, restartCount } = status;
  const what =
    state.running === undefined
      ? (state.waiting?.reason ?? `${state.terminated?.reason} ${state.terminated?.exitCode}`)
      : 'running';
  return `${what}${ready ? ', ready' : ''}${restartCount > 0 ? `, ${restartCount} restarts` : ''}`;
}

const condition = (pod: Pod, type: string): string =>
  pod.status.conditions?.find((each) => each.type === type)?.status ?? 'none';

test('a node registers, renews its lease every 10 s and reports every 5 min', async () => {
  await using lab = await Lab.open();
  const renewed = async (): Promise<string | undefined> =>
    (await lab.client.get(leases, { namespace: 'kube-node-lease', name: 'n1' })).spec.renewTime;
  const node = await lab.client.get(nodes, { name: 'n1' });
  assert.equal(node.metadata.labels?.['kubernetes.io/hostname'], 'n1');
  assert.equal(node.status.nodeInfo.containerRuntimeVersion, lab.runtime.version);
  assert.equal(await renewed(), '2026-01-01T00:00:00.000000Z');
  await lab.advance(35);
  assert.equal(await renewed(), '2026-01-01T00:00:30.000000Z');
  assert.equal((await lab.client.get(nodes, { name: 'n1' })).metadata.resourceVersion, node.metadata.resourceVersion);
  await lab.advance(270);
  const later = await lab.client.get(nodes, { name: 'n1' });
  assert.equal(later.status.conditions?.at(-1)?.lastHeartbeatTime, '2026-01-01T00:05:00Z');
});

test('a node that was deleted registers again', async () => {
  await using lab = await Lab.open();
  await lab.client.delete(nodes, { name: 'n1' });
  await lab.advance(11);
  assert.equal((await lab.client.get(nodes, { name: 'n1' })).status.addresses?.[0]?.address, '192.168.0.1');
});

test('a pod starts, is told its address, and says so in events', async () => {
  await using lab = await Lab.open();
  await lab.run({ containers: [app()] });
  const pod = await lab.pod();
  assert.equal(pod.status.phase, 'Running');
  assert.equal(pod.status.podIP, '10.244.1.2');
  assert.equal(pod.status.hostIP, '192.168.0.1');
  assert.equal(pod.status.startTime, '2026-01-01T00:00:00Z');
  assert.equal(containerText(pod), 'running, ready');
  for (const type of ['PodScheduled', 'PodReadyToStartContainers', 'Initialized', 'ContainersReady', 'Ready'])
    assert.equal(condition(pod, type), 'True', type);
  assert.deepEqual(await lab.events(), [
    'Pulled: Container image "app" already present on machine and can be accessed by the pod',
    'Created: Container created',
    'Started: Container started',
  ]);
});

test('a pod becomes ready as soon as its readiness probe succeeds after it started, not a period later', async () => {
  await using lab = await Lab.open({ app: { loadMs: 25_000 } });
  // An agent that has just started delays its first probes by chance.
  await lab.advance(20);
  await lab.run({ containers: [app({ readinessProbe: { httpGet, periodSeconds: 10 } })] });
  await lab.advance(20);
  assert.equal(containerText(await lab.pod()), 'running');
  assert.equal(condition(await lab.pod(), 'Ready'), 'False');
  await lab.advance(10.1);
  assert.equal(containerText(await lab.pod()), 'running, ready');
  const [unhealthy] = (await lab.events()).filter((text) => text.startsWith('Unhealthy'));
  assert.match(unhealthy ?? '', /^Unhealthy: Readiness probe failed: (HTTP probe failed with statuscode: 503|Get )/);
});

test('readiness is lost after three failures in a row, and the container is left alone', async () => {
  await using lab = await Lab.open();
  await lab.run({ containers: [app({ readinessProbe: { httpGet, periodSeconds: 10, failureThreshold: 3 } })] });
  await lab.advance(11);
  assert.equal(containerText(await lab.pod()), 'running, ready');
  lab.network.cut('10.244.1.2');
  await lab.advance(20);
  assert.equal(containerText(await lab.pod()), 'running, ready');
  await lab.advance(10);
  assert.equal(containerText(await lab.pod()), 'running');
  lab.network.mend('10.244.1.2');
  await lab.advance(10);
  assert.equal(containerText(await lab.pod()), 'running, ready');
});

test('liveness failures restart the container, with the probe’s own grace', async () => {
  await using lab = await Lab.open({ app: { drainMs: 60_000 } });
  const livenessProbe = { httpGet, periodSeconds: 10, failureThreshold: 2, terminationGracePeriodSeconds: 5 };
  await lab.run({ containers: [app({ livenessProbe })] });
  await lab.advance(15);
  lab.network.cut('10.244.1.2');
  await lab.advance(20);
  const killed = (await lab.events()).filter((text) => text.startsWith('Killing'));
  assert.deepEqual(killed, ['Killing: Container c failed liveness probe, will be restarted']);
  assert.equal(containerText(await lab.pod()), 'running, ready');
  lab.network.mend('10.244.1.2');
  await lab.advance(5);
  const pod = await lab.pod();
  assert.equal(containerText(pod), 'running, ready, 1 restarts');
  const { exitCode, reason } = pod.status.containerStatuses?.[0]?.lastState.terminated ?? {};
  assert.deepEqual([exitCode, reason], [137, 'Error']);
});

test('until the startup probe succeeds the other probes wait; its failure restarts the container', async () => {
  await using lab = await Lab.open({ app: { loadMs: 300_000 }, good: { loadMs: 25_000 } });
  const probes = {
    startupProbe: { httpGet, periodSeconds: 5, failureThreshold: 10 },
    livenessProbe: { httpGet, periodSeconds: 5, failureThreshold: 1 },
  };
  await lab.run({ containers: [app(probes)] });
  await lab.run({ containers: [app({ ...probes, image: 'good' })] }, { name: 'q' });
  await lab.advance(40);
  const pod = await lab.pod();
  assert.deepEqual([pod.status.containerStatuses?.[0]?.started, containerText(pod)], [false, 'running']);
  assert.equal(containerText(await lab.pod('q')), 'running, ready');
  await lab.advance(30);
  assert.equal((await lab.pod()).status.containerStatuses?.[0]?.restartCount, 1);
  const killed = (await lab.events()).filter((text) => text.startsWith('Killing'));
  assert.deepEqual(killed, ['Killing: Container c failed startup probe, will be restarted']);
});

test('a container that keeps failing is restarted at once, then after 10 s, then after 20 s', async () => {
  await using lab = await Lab.open({ app: { exit: { afterMs: 1000, code: 3 } } });
  await lab.run({ containers: [app()] });
  await lab.advance(1.5);
  assert.equal(containerText(await lab.pod()), 'running, ready, 1 restarts');
  await lab.advance(1);
  let pod = await lab.pod();
  assert.equal(containerText(pod), 'CrashLoopBackOff, 1 restarts');
  const podText = `p_default(${pod.metadata.uid})`;
  const { state, lastState } = pod.status.containerStatuses?.[0] ?? {};
  assert.equal(state?.waiting?.message, `back-off 10s restarting failed container=c pod=${podText}`);
  assert.deepEqual([lastState?.terminated?.exitCode, lastState?.terminated?.reason], [3, 'Error']);
  assert.equal(pod.status.phase, 'Running');
  const backOff = (await lab.events()).filter((text) => text.startsWith('BackOff'));
  assert.deepEqual(backOff, [`BackOff: Back-off restarting failed container c in pod ${podText}`]);
  await lab.advance(10);
  pod = await lab.pod();
  assert.equal(containerText(pod), 'running, ready, 2 restarts');
  await lab.advance(10);
  assert.equal(containerText(await lab.pod()), 'CrashLoopBackOff, 2 restarts');
  await lab.advance(11);
  assert.equal(containerText(await lab.pod()), 'running, ready, 3 restarts');
});

test('a pod that runs to its end succeeds or fails, and keeps its logs until it is deleted', async () => {
  await using lab = await Lab.open({
    app: { exit: { afterMs: 1000, code: 0 } },
    bad: { exit: { afterMs: 1000, code: 2 } },
  });
  await lab.run({ restartPolicy: 'Never', containers: [app()] });
  await lab.run({ restartPolicy: 'Never', containers: [app({ image: 'bad' })] }, { name: 'q' });
  await lab.advance(2);
  const [good, bad] = [await lab.pod(), await lab.pod('q')];
  assert.deepEqual([good.status.phase, containerText(good)], ['Succeeded', 'Completed 0']);
  assert.deepEqual([bad.status.phase, containerText(bad)], ['Failed', 'Error 2']);
  const reasons = [good, bad].map(({ status }) => status.conditions?.find(({ type }) => type === 'Ready')?.reason);
  assert.deepEqual(reasons, ['PodCompleted', 'PodFailed']);
  assert.equal((await lab.runtime.list()).length, 2);
  await lab.client.delete(pods, { namespace: 'default', name: 'p' });
  await lab.advance(1);
  assert.deepEqual(
    (await lab.runtime.list()).map(({ name }) => name),
    ['q'],
  );
});

test('a deleted pod gets its preStop hook and SIGTERM, stays until it has ended, and goes', async () => {
  const commands: string[] = [];
  const exec = (command: readonly string[]) => {
    commands.push(command.join(' '));
    return { exitCode: 0, takesMs: 3500 };
  };
  await using lab = await Lab.open({ app: { drainMs: 4000, exec } });
  const lifecycle = { preStop: { exec: { command: ['drain', 'me'] } } };
  await lab.run({ terminationGracePeriodSeconds: 20, containers: [app({ lifecycle })] });
  await lab.client.delete(pods, { namespace: 'default', name: 'p' });
  await lab.advance(7);
  const pod = await lab.pod();
  assert.deepEqual([pod.status.phase, containerText(pod)], ['Running', 'running, ready']);
  assert.deepEqual(commands, ['drain me']);
  await lab.advance(1);
  assert.equal(await lab.exists(), false);
  assert.deepEqual(await lab.runtime.list(), []);
  assert.ok((await lab.events()).includes('Killing: Stopping container c'));
});

test('the preStop hook takes its time from the grace; at least two seconds are left for SIGTERM', async () => {
  await using lab = await Lab.open({ app: { drainMs: 60_000, exec: () => ({ exitCode: 0, takesMs: 60_000 }) } });
  const lifecycle = { preStop: { exec: { command: ['slow'] } } };
  await lab.run({ terminationGracePeriodSeconds: 10, containers: [app({ lifecycle })] });
  await lab.client.delete(pods, { namespace: 'default', name: 'p' });
  await lab.advance(11.9);
  assert.equal(await lab.exists(), true);
  await lab.advance(0.2);
  assert.equal(await lab.exists(), false);
});

test('a second, shorter deletion hurries a termination that is under way', async () => {
  await using lab = await Lab.open({ app: { drainMs: 60_000 } });
  await lab.run({ terminationGracePeriodSeconds: 50, containers: [app()] });
  await lab.client.delete(pods, { namespace: 'default', name: 'p' });
  await lab.advance(5);
  await lab.client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 10 });
  await lab.advance(9.9);
  assert.equal(await lab.exists(), true);
  await lab.advance(0.2);
  assert.equal(await lab.exists(), false);
});

test('a pod that is deleted by force is ended with its grace, though nobody can see it', async () => {
  await using lab = await Lab.open({ app: { drainMs: 5000 } });
  await lab.run({ containers: [app()] });
  await lab.client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
  await lab.advance(1);
  assert.equal(await lab.exists(), false);
  assert.equal((await lab.runtime.list())[0]?.containers[0]?.state, 'running');
  await lab.advance(5);
  assert.deepEqual(await lab.runtime.list(), []);
});

test('readiness is still probed while a pod ends; liveness is not', async () => {
  await using lab = await Lab.open({ app: { drainMs: 40_000 } });
  const probe = { httpGet, periodSeconds: 5, failureThreshold: 1 };
  await lab.run({
    terminationGracePeriodSeconds: 60,
    containers: [app({ readinessProbe: probe, livenessProbe: probe })],
  });
  await lab.advance(6);
  await lab.client.delete(pods, { namespace: 'default', name: 'p' });
  await lab.advance(1);
  assert.equal(containerText(await lab.pod()), 'running, ready');
  lab.network.cut('10.244.1.2');
  await lab.advance(5);
  assert.equal(containerText(await lab.pod()), 'running');
  assert.equal(condition(await lab.pod(), 'Ready'), 'False');
  const killed = (await lab.events()).filter((text) => text.startsWith('Killing'));
  assert.deepEqual(killed, ['Killing: Stopping container c']);
});

test('init containers run in order before the main ones; a sidecar stays beside them and ends last', async () => {
  await using lab = await Lab.open({ app: { drainMs: 1000 }, once: { exit: { afterMs: 2000, code: 0 } } });
  await lab.run({
    initContainers: [
      app({ name: 'first', image: 'once' }),
      app({ name: 'side', restartPolicy: 'Always' }),
      app({ name: 'last', image: 'once' }),
    ],
    containers: [app()],
  });
  const texts = async (): Promise<readonly string[]> => {
    const pod = await lab.pod();
    return ['first', 'side', 'last', 'c'].map((name) => containerText(pod, name));
  };
  assert.deepEqual(await texts(), ['running', 'PodInitializing', 'PodInitializing', 'PodInitializing']);
  assert.equal((await lab.pod()).status.phase, 'Pending');
  await lab.advance(2.1);
  assert.deepEqual(await texts(), ['Completed 0, ready', 'running, ready', 'running', 'PodInitializing']);
  assert.equal(condition(await lab.pod(), 'Initialized'), 'False');
  await lab.advance(2.1);
  assert.deepEqual(await texts(), ['Completed 0, ready', 'running, ready', 'Completed 0, ready', 'running, ready']);
  assert.equal(condition(await lab.pod(), 'Initialized'), 'True');
  assert.equal((await lab.pod()).status.phase, 'Running');
  await lab.client.delete(pods, { namespace: 'default', name: 'p' });
  await lab.advance(1.5);
  const [sandbox] = await lab.runtime.list();
  const states = sandbox?.containers.map(({ name, state }) => `${name} ${state}`);
  assert.deepEqual(states, ['first exited', 'side running', 'last exited', 'c exited']);
  await lab.advance(1);
  assert.equal(await lab.exists(), false);
});

test('an init container that fails for good fails the pod', async () => {
  await using lab = await Lab.open({ app: {}, bad: { exit: { afterMs: 1000, code: 1 } } });
  const initContainers = [app({ name: 'i', image: 'bad' })];
  await lab.run({ restartPolicy: 'Never', initContainers, containers: [app()] });
  await lab.advance(2);
  const pod = await lab.pod();
  assert.deepEqual([pod.status.phase, containerText(pod, 'i')], ['Failed', 'Error 1']);
});

test('a pod of one container and a sidecar ends with its container', async () => {
  await using lab = await Lab.open({ app: {}, once: { exit: { afterMs: 1000, code: 0 } } });
  const initContainers = [app({ name: 'side', restartPolicy: 'Always' })];
  await lab.run({ restartPolicy: 'Never', initContainers, containers: [app({ image: 'once' })] });
  await lab.advance(2);
  const pod = await lab.pod();
  assert.deepEqual([pod.status.phase, containerText(pod, 'side')], ['Succeeded', 'Completed 0']);
});

test('a postStart hook that fails kills the container, which is tried again', async () => {
  await using lab = await Lab.open({ app: { exec: () => ({ exitCode: 1, output: 'no' }) } });
  const lifecycle = { postStart: { exec: { command: ['greet'] } } };
  await lab.run({ containers: [app({ lifecycle })] });
  await lab.advance(5);
  const pod = await lab.pod();
  assert.equal(pod.status.containerStatuses?.[0]?.restartCount, 1);
  const texts = await lab.events();
  assert.ok(texts.some((text) => text.startsWith('FailedPostStartHook: PostStartHook failed')));
  assert.ok(texts.some((text) => text.startsWith('Killing: FailedPostStartHook')));
  assert.equal(condition(pod, 'Ready'), 'False');
});

test('the agent restarts: pods are adopted, nothing restarts and nobody sees them unready', async () => {
  await using lab = await Lab.open();
  const readinessProbe = { httpGet, periodSeconds: 10, failureThreshold: 3 };
  const startupProbe = { httpGet, periodSeconds: 5 };
  await lab.run({ containers: [app({ readinessProbe, startupProbe })] });
  await lab.advance(60);
  const before = await lab.pod();
  assert.equal(containerText(before), 'running, ready');
  let unready = 0;
  const watch = lab.client.watch(pods, {
    resourceVersion: before.metadata.resourceVersion,
    onEvent: (event) => {
      if (event.type !== 'BOOKMARK' && condition(event.object, 'Ready') !== 'True') unready++;
    },
    onEnd: () => {},
  });
  await lab.restartAgent(120_000);
  await lab.advance(60);
  watch.stop();
  const after = await lab.pod();
  assert.equal(unready, 0);
  assert.equal(containerText(after), 'running, ready');
  assert.equal(after.status.containerStatuses?.[0]?.containerID, before.status.containerStatuses?.[0]?.containerID);
  assert.equal(after.metadata.resourceVersion, before.metadata.resourceVersion);
});

test('what happened while the agent was away is seen when it is back', async () => {
  await using lab = await Lab.open();
  await lab.run({ containers: [app()] });
  await lab.run({ containers: [app()] }, { name: 'gone' });
  const running = (await lab.pod()).metadata.uid;
  const restarting = lab.restartAgent(30_000);
  lab.runtime.kill(running, 'c');
  await lab.client.delete(pods, { namespace: 'default', name: 'gone' }, { gracePeriodSeconds: 0 });
  await restarting;
  await lab.advance(5);
  const pod = await lab.pod();
  assert.equal(containerText(pod), 'running, ready, 1 restarts');
  assert.equal(pod.status.containerStatuses?.[0]?.lastState.terminated?.exitCode, 137);
  assert.deepEqual(
    (await lab.runtime.list()).map(({ name }) => name),
    ['p'],
  );
});

test('a readiness probe that fails after the agent restarted still counts', async () => {
  await using lab = await Lab.open();
  await lab.run({ containers: [app({ readinessProbe: { httpGet, periodSeconds: 5, failureThreshold: 2 } })] });
  await lab.advance(30);
  lab.network.cut('10.244.1.2');
  await lab.restartAgent(1000);
  await lab.advance(20);
  assert.equal(containerText(await lab.pod()), 'running');
});

test('everything of a pod is lost with its machine: it starts anew and says so', async () => {
  await using lab = await Lab.open();
  const { metadata } = await lab.run({ containers: [app()] });
  await lab.advance(5);
  await lab.runtime.removeSandbox(metadata.uid);
  await lab.advance(61);
  const pod = await lab.pod();
  assert.equal(containerText(pod), 'running, ready, 1 restarts');
  assert.equal(pod.status.containerStatuses?.[0]?.lastState.terminated?.reason, 'ContainerStatusUnknown');
  assert.ok((await lab.events()).includes('SandboxChanged: Pod sandbox changed, it will be killed and re-created.'));
});

test('a pod for which there is no room is rejected, and takes none', async () => {
  await using lab = await Lab.open();
  const resources = { requests: { cpu: '3' } };
  await lab.run({ containers: [app({ resources })] });
  await lab.run({ containers: [app({ resources })] }, { name: 'q' });
  const { status } = await lab.pod('q');
  assert.deepEqual(
    [status.phase, status.reason, status.message, status.containerStatuses],
    [
      'Failed',
      'OutOfcpu',
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, used: 3000, capacity: 4000",
      undefined,
    ],
  );
  assert.ok(
    (await lab.events()).includes(
      "OutOfcpu: Node didn't have enough resource: cpu, requested: 3000, used: 3000, capacity: 4000",
    ),
  );
  assert.equal((await lab.runtime.list()).length, 1);
  await lab.client.delete(pods, { namespace: 'default', name: 'p' });
  await lab.advance(2);
  await lab.run({ containers: [app({ resources })] }, { name: 'r' });
  assert.equal((await lab.pod('r')).status.phase, 'Running');
});

test('a pod is not active for longer than it may be', async () => {
  await using lab = await Lab.open();
  await lab.run({ activeDeadlineSeconds: 30, containers: [app()] });
  await lab.advance(29);
  assert.equal((await lab.pod()).status.phase, 'Running');
  await lab.advance(2);
  const { status } = await lab.pod();
  assert.deepEqual([status.phase, status.reason], ['Failed', 'DeadlineExceeded']);
  assert.equal(containerText(await lab.pod()), 'Completed 0');
});

test('a missing config map holds a container back until it is there', async () => {
  await using lab = await Lab.open();
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }];
  await lab.run({ containers: [app({ env })] });
  const pod = await lab.pod();
  assert.equal(containerText(pod), 'CreateContainerConfigError');
  assert.equal(pod.status.containerStatuses?.[0]?.state.waiting?.message, 'configmap "settings" not found');
  assert.ok((await lab.events()).includes('Failed: Error: configmap "settings" not found'));
  const { configMaps } = await import('../api/resources.ts');
  await lab.client.create(configMaps, { metadata: { name: 'settings', namespace: 'default' }, data: { a: '1' } });
  await lab.advance(16);
  assert.equal(containerText(await lab.pod()), 'running, ready');
});

test('an image that cannot be had is asked for again after 10 s, then ever more rarely', async () => {
  await using lab = await Lab.open({});
  await lab.run({ containers: [app({ image: 'unknown' })] });
  assert.equal(containerText(await lab.pod()), 'ErrImagePull');
  await lab.advance(40);
  const pod = await lab.pod();
  assert.match(containerText(pod), /ErrImagePull|ImagePullBackOff/);
  assert.equal(pod.status.phase, 'Pending');
  const texts = await lab.events();
  assert.ok(texts.some((text) => text.startsWith('Failed: Failed to pull image "unknown": ')));
  assert.ok(texts.some((text) => text.startsWith('BackOff: Back-off pulling image "unknown"')));
});

test('a changed image is started in place of the old one', async () => {
  await using lab = await Lab.open({ app: {}, next: {} });
  await lab.run({ containers: [app()] });
  const body = { spec: { containers: [{ name: 'c', image: 'next' }] } };
  await lab.client.patch(pods, { namespace: 'default', name: 'p' }, { type: 'strategic', body });
  await lab.advance(2);
  const pod = await lab.pod();
  assert.equal(containerText(pod), 'running, ready, 1 restarts');
  assert.equal(pod.status.containerStatuses?.[0]?.image, 'next');
  assert.ok((await lab.events()).includes('Killing: Container c definition changed, will be restarted'));
});

test('others’ conditions stay, and what they say of readiness is corrected', async () => {
  await using lab = await Lab.open();
  await lab.run({ readinessGates: [{ conditionType: 'example.com/gate' }], containers: [app()] });
  let pod = await lab.pod();
  assert.equal(condition(pod, 'Ready'), 'False');
  const conditions = [
    { type: 'example.com/gate', status: 'True' },
    { type: 'ContainersReady', status: 'False' },
  ];
  const key = { namespace: 'default', name: 'p' };
  await lab.client.patch(pods, key, { type: 'strategic', body: { status: { conditions } } }, { subresource: 'status' });
  await lab.advance(1);
  pod = await lab.pod();
  assert.deepEqual(
    ['example.com/gate', 'ContainersReady', 'Ready'].map((type) => condition(pod, type)),
    ['True', 'True', 'True'],
  );
});

test('usage is told by pod and container', async () => {
  await using lab = await Lab.open();
  await lab.run({ containers: [app()] });
  const usage = await lab.agent.usage();
  assert.equal(usage.pods.get('default/p')?.get('c')?.memoryBytes, 1 << 20);
  assert.equal(usage.node.memoryBytes, 1 << 20);
});
