import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { Pod } from '../api/schema/core-v1.ts';
import { healthReader } from './health-reader.ts';

const cleanUp: (() => void)[] = [];
after(() => {
  for (const each of cleanUp) each();
});

async function ask(listener: RequestListener): Promise<unknown> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return healthReader().read(podAt((server.address() as AddressInfo).port));
}

const podAt = (port: number, podIP = '127.0.0.1'): Pod => ({
  metadata: { name: 'chat', uid: '', resourceVersion: '', creationTimestamp: '' },
  spec: {
    containers: [
      {
        name: 'llm',
        resources: {},
        ports: [{ containerPort: port, protocol: 'TCP' }],
        startupProbe: { httpGet: { path: '/health', port: 'http' } },
      },
    ],
  },
  status: { podIP },
});

test('a server that loads tells how far it is with its 503', async () => {
  const health = await ask((request, response) => {
    assert.equal(request.url, '/health');
    response
      .writeHead(503)
      .end('{"phase":"downloading","receivedBytes":10,"totalBytes":40,"durations":{"loadMs":5.4}}');
  });
  assert.deepEqual(health, {
    phase: 'downloading',
    receivedBytes: 10,
    totalBytes: 40,
    durations: { downloadMs: undefined, loadMs: 5, warmMs: undefined },
  });
});

test('whatever else answers, or nobody, tells nothing', async () => {
  for (const body of ['ok', '[]', 'null', '{"phase":"dancing"}', '{"phase":5}', 'x'.repeat(100_000)])
    assert.equal(await ask((_, response) => response.end(body)), undefined, body.slice(0, 20));
  assert.equal(await ask((request) => request.socket.destroy()), undefined);
  assert.equal(await healthReader().read(podAt(1)), undefined);
  assert.equal(await healthReader().read(podAt(8000, '')), undefined);
});

test('numbers that are none are left out', async () => {
  const health = await ask((_, response) =>
    response.end('{"phase":"ready","totalBytes":-1,"durations":{"loadMs":"5","downloadMs":1e999}}'),
  );
  assert.deepEqual(health, {
    phase: 'ready',
    receivedBytes: undefined,
    totalBytes: undefined,
    durations: { downloadMs: undefined, loadMs: undefined, warmMs: undefined },
  });
});
