import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { Service } from '../api/schema/core-v1.ts';
import type { EndpointConditions, EndpointSlice } from '../api/schema/discovery-v1.ts';
import { silentLog } from '../machinery/log.ts';
import { VirtualClock } from '../std/virtual-clock.ts';
import { ServiceProxy, type ServiceProxyOptions } from './service-proxy.ts';

/** Addresses of this test's Services: no engine gives these to anybody. */
let nextOctet = 1;
const clusterIp = (): string => `127.143.251.${nextOctet++}`;

const objectMeta = { namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };

function service(ip: string, port: number, spec: Partial<Service['spec']> = {}): Service {
  return {
    metadata: { ...objectMeta, name: 'web' },
    spec: { clusterIP: ip, ports: [{ port }], ...spec },
    status: { loadBalancer: {} },
  };
}

function slices(...endpoints: readonly { port: number; conditions?: EndpointConditions }[]): EndpointSlice[] {
  return endpoints.map(({ port, conditions = {} }) => ({
    metadata: { ...objectMeta, name: `web-${port}`, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions }],
    ports: [{ port }],
  }));
}

interface Bench {
  readonly proxy: ServiceProxy;
  readonly clock: VirtualClock;
  /** A server that greets with its name; its port. */
  readonly endpoint: (name: string, serve?: (socket: Socket) => void) => Promise<{ port: number; server: Server }>;
}

function bench(context: TestContext, options: Partial<ServiceProxyOptions> = {}): Bench {
  const clock = new VirtualClock({ drain: () => Promise.resolve() });
  const proxy = new ServiceProxy({ clock, log: silentLog, ...options });
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  context.after(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  });
  return {
    proxy,
    clock,
    async endpoint(name, serve = (socket) => socket.end(name)) {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        serve(socket);
      });
      servers.push(server);
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      return { port: (server.address() as AddressInfo).port, server };
    },
  };
}

/** What a client hears until the end; the error's code where it fails. */
function ask(ip: string, port: number, text = ''): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect({ host: ip, port, allowHalfOpen: true });
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('utf8')));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    socket.on('end', () => {
      socket.destroy();
      resolve(heard);
    });
    socket.end(text);
  });
}

test('connections go to the endpoints in turn', async (context) => {
  const { proxy, endpoint } = bench(context);
  const [a, b] = await Promise.all([endpoint('a'), endpoint('b')]);
  const ip = clusterIp();
  proxy.update([service(ip, 8080)], slices(a, b));
  await proxy.settled();
  const heard: string[] = [];
  for (let i = 0; i < 4; i++) heard.push(await ask(ip, 8080));
  assert.deepEqual(heard, ['a', 'b', 'a', 'b']);
});

test('an endpoint that refuses is passed over, and when all refuse the client is reset', async (context) => {
  const { proxy, endpoint } = bench(context);
  const [a, dead] = await Promise.all([endpoint('a'), endpoint('dead')]);
  await new Promise((resolve) => dead.server.close(resolve));
  const ip = clusterIp();
  proxy.update([service(ip, 8080)], slices(dead, a));
  await proxy.settled();
  assert.deepEqual([await ask(ip, 8080), await ask(ip, 8080)], ['a', 'a']);
  proxy.update([service(ip, 8080)], slices(dead));
  assert.equal(await ask(ip, 8080), 'ECONNRESET');
});

test('a Service without endpoints refuses at once, and serves as soon as one is ready', async (context) => {
  const { proxy, endpoint } = bench(context);
  const a = await endpoint('a');
  const ip = clusterIp();
  const refused = async (): Promise<void> => assert.equal(await ask(ip, 8080), 'ECONNREFUSED');
  await refused();
  proxy.update([service(ip, 8080)], slices({ ...a, conditions: { ready: false } }));
  await refused();
  proxy.update([service(ip, 8080)], slices(a));
  await proxy.settled();
  assert.equal(await ask(ip, 8080), 'a');
  proxy.update([service(ip, 8080)], slices({ ...a, conditions: { ready: false, serving: true, terminating: true } }));
  assert.equal(await ask(ip, 8080), 'a');
  proxy.update([], slices(a));
  await refused();
});

test('bytes pass in both directions, also after one side has said its last', async (context) => {
  const { proxy, endpoint } = bench(context);
  const echo = await endpoint('', (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => socket.end(Buffer.concat(chunks)));
  });
  const ip = clusterIp();
  proxy.update([service(ip, 8080)], slices(echo));
  await proxy.settled();
  const long = 'x'.repeat(3_000_000);
  assert.equal(await ask(ip, 8080, long), long);
});

test('a connection that stands survives its Service, and the end of the proxy ends it', async (context) => {
  const { proxy, endpoint } = bench(context);
  const echo = await endpoint('', (socket) => void socket.pipe(socket));
  const ip = clusterIp();
  proxy.update([service(ip, 8080)], slices(echo));
  await proxy.settled();
  const client = connect({ host: ip, port: 8080 });
  await once(client, 'connect');
  client.write('one');
  assert.equal(String((await once(client, 'data'))[0]), 'one');
  proxy.update([], []);
  client.write('two');
  assert.equal(String((await once(client, 'data'))[0]), 'two');
  const other = clusterIp();
  proxy.update([service(other, 8080)], slices(echo));
  await proxy.settled();
  const second = connect({ host: other, port: 8080 });
  second.on('error', () => {});
  await once(second, 'connect');
  second.write('three');
  await once(second, 'data');
  client.on('error', () => {});
  const closed = Promise.all([once(client, 'close'), once(second, 'close')]);
  await proxy.close();
  await closed;
});

test('a reset of the endpoint is a reset for the client, and a client that leaves is let go at the endpoint', async (context) => {
  const { proxy, endpoint } = bench(context);
  const left = Promise.withResolvers<void>();
  const rude = await endpoint('', (socket) => void socket.once('data', () => socket.resetAndDestroy()));
  const patient = await endpoint('', (socket) => void socket.once('close', () => left.resolve()).resume());
  const [one, two] = [clusterIp(), clusterIp()];
  const second = { ...service(two, 8080), metadata: { ...objectMeta, name: 'patient' } };
  const patientSlices = slices(patient).map((slice) => ({
    ...slice,
    metadata: { ...slice.metadata, labels: { 'kubernetes.io/service-name': 'patient' } },
  }));
  proxy.update([service(one, 8080), second], [...slices(rude), ...patientSlices]);
  await proxy.settled();
  assert.equal(await ask(one, 8080, 'hello'), 'ECONNRESET');
  const client = connect({ host: two, port: 8080 });
  await once(client, 'connect');
  client.write('x');
  client.resetAndDestroy();
  await left.promise;
});

test('a client stays with its endpoint as long as session affinity says', async (context) => {
  const { proxy, clock, endpoint } = bench(context);
  const [a, b] = await Promise.all([endpoint('a'), endpoint('b')]);
  const ip = clusterIp();
  const sticky = { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } };
  proxy.update([service(ip, 8080, sticky)], slices(a, b));
  await proxy.settled();
  const first = await ask(ip, 8080);
  for (let i = 0; i < 3; i++) {
    await clock.advance(50_000);
    assert.equal(await ask(ip, 8080), first);
  }
  await clock.advance(61_000);
  const heard = new Set([await ask(ip, 8080)]);
  await clock.advance(61_000);
  heard.add(await ask(ip, 8080));
  assert.deepEqual([...heard].toSorted(), ['a', 'b']);
  proxy.update([service(ip, 8080, sticky)], slices(a));
  assert.equal(await ask(ip, 8080), 'a');
});

test('an address that somebody holds is told once, the others are served, and it is served once it is free', async (context) => {
  const told: unknown[] = [];
  const { proxy, endpoint } = bench(context, {
    log: { ...silentLog, warn: (_message, fields) => void told.push(fields) },
  });
  const a = await endpoint('a');
  const [taken, free] = [clusterIp(), clusterIp()];
  const holder = createServer();
  await new Promise<void>((resolve) => void holder.listen(8080, taken, resolve));
  context.after(() => holder.close());
  const both = [service(taken, 8080), service(free, 8080)];
  const reason = `another program listens on ${taken}:8080`;
  for (let i = 0; i < 3; i++) {
    proxy.update(both, slices(a));
    await proxy.settled();
    assert.deepEqual(proxy.problems, [{ name: 'default/web:8080', reason }]);
  }
  assert.deepEqual(told, [{ service: 'default/web:8080', reason }]);
  assert.equal(await ask(free, 8080), 'a');
  await new Promise((resolve) => holder.close(resolve));
  proxy.update(both, slices(a));
  await proxy.settled();
  assert.deepEqual([proxy.problems, await ask(taken, 8080)], [[], 'a']);
});

test('hundreds of Services are served, and change, at once', async (context) => {
  const { proxy, endpoint } = bench(context);
  const a = await endpoint('a');
  const many = Array.from({ length: 300 }, (_, i) =>
    service(`127.143.250.${1 + (i % 250)}`, 20_000 + Math.floor(i / 250)),
  );
  proxy.update(many, slices(a));
  await proxy.settled();
  assert.deepEqual(proxy.problems, []);
  const answers = await Promise.all(many.map(({ spec }) => ask(spec.clusterIP ?? '', spec.ports?.[0]?.port ?? 0)));
  assert.deepEqual(new Set(answers), new Set(['a']));
  proxy.update(many.slice(0, 1), slices(a));
  const [kept, gone] = await Promise.all([ask('127.143.250.1', 20_000), ask('127.143.250.2', 20_000)]);
  assert.deepEqual([kept, gone], ['a', 'ECONNREFUSED']);
});
