import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { httpGet } from './http-get.ts';

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const options = { timeoutMs: 5_000, maxBytes: 1_000, signal: new AbortController().signal };
const read = async (listener: RequestListener, more: Partial<typeof options> = {}): Promise<string> => {
  const client = httpGet();
  try {
    return await client.get(
      { host: '127.0.0.1', port: await serve(listener), path: '/metrics?x=1' },
      { ...options, ...more },
    );
  } finally {
    client.close();
  }
};

test('the body comes back as text', async () => {
  assert.equal(
    await read((request, response) => response.end(`asked ${request.method} ${request.url} é`)),
    'asked GET /metrics?x=1 é',
  );
});

test('a redirect is not followed, an error is one', async () => {
  await assert.rejects(
    read((_, response) => response.writeHead(302, { location: '/x' }).end()),
    /answered 302/,
  );
  await assert.rejects(
    read((_, response) => response.writeHead(503).end()),
    /answered 503/,
  );
});

test('an endless body ends at the limit', async () => {
  await assert.rejects(
    read((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(100)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    }),
    /more than 1000 bytes/,
  );
});

test('silence ends at the timeout, also in the middle of the body', async () => {
  await assert.rejects(
    read(() => {}, { timeoutMs: 50 }),
    /timed out/,
  );
  await assert.rejects(read((_, response) => void response.write('x'), { timeoutMs: 50 }));
});

test('a broken connection is a failure, not half a body', async () => {
  await assert.rejects(
    read((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('x', () => response.destroy());
    }),
  );
});

test('nobody there', async () => {
  const port = await serve(() => {});
  servers.at(-1)?.close();
  const client = httpGet();
  await assert.rejects(client.get({ host: '127.0.0.1', port, path: '/' }, options), /ECONNREFUSED/);
  client.close();
});
