import assert from 'node:assert/strict';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { text as readText } from 'node:stream/consumers';
import { Gateway } from '../gateway/gateway.ts';
import type { Endpoint, Route, RoutingTable } from '../gateway/routes.ts';
import { GatewayServer } from './gateway-server.ts';
import { systemClock } from './system-clock.ts';
import { UndiciTransport } from './undici-transport.ts';

const cleanUp: (() => Promise<unknown> | void)[] = [];
after(async () => {
  for (const each of cleanUp.reverse()) await each();
});

/** A model server of the test's own. */
async function upstream(listener: RequestListener): Promise<Endpoint & { server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  cleanUp.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { id: `pod-${port}`, host: '127.0.0.1', port, pod: `pod-${port}`, server };
}

function table(endpoints: readonly Endpoint[], overrides: Partial<Route> = {}): RoutingTable {
  const route: Route = {
    namespace: 'default',
    inference: 'chat',
    model: 'chat',
    createdAtMs: 0,
    phase: 'Loading',
    holdMs: 5_000,
    maxHeld: 3,
    coldStartMs: 2_000,
    idleAfterMs: undefined,
    endpoints,
    ...overrides,
  };
  return { routes: [route], find: (model) => (model === 'chat' || model === 'default/chat' ? route : undefined) };
}

async function setUp(endpoints: readonly Endpoint[], overrides: Partial<Route> = {}) {
  const transport = new UndiciTransport();
  const activity: boolean[] = [];
  const gateway = new Gateway({ clock: systemClock, transport, onActivity: (_route, isHeld) => activity.push(isHeld) });
  gateway.setTable(table(endpoints, overrides));
  const server = await GatewayServer.listen({ gateway, host: '127.0.0.1', port: 0 });
  cleanUp.push(
    () => transport.close(),
    () => server.close(),
  );
  const post = (body: object | string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { gateway, server, post, activity };
}

const ask = { model: 'chat', messages: [] };
const answer: RequestListener = (request, response) =>
  void request.resume().on('end', () => response.end('{"ok":true}'));
const event = (text: string): string => `data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`;

async function deadAddress(): Promise<Endpoint> {
  const gone = await upstream(answer);
  gone.server.close();
  return gone;
}

test('a refused connection goes to the other replica', async () => {
  const { post } = await setUp([await deadAddress(), await upstream(answer)]);
  for (let i = 0; i < 4; i++) assert.equal((await post(ask)).status, 200);
});

test('a replica that breaks off before its answer is whole is not noticed', async () => {
  let cuts = 0;
  const cutting = await upstream((request, response) => {
    cuts++;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"half":');
    setImmediate(() => request.socket.destroy());
  });
  const { post } = await setUp([cutting, await upstream(answer)]);
  for (let i = 0; i < 2; i++) assert.equal(await (await post(ask)).text(), '{"ok":true}');
  assert.ok(cuts >= 1);
});

test('503 of a replica that drains goes elsewhere, 400 is the answer', async () => {
  const draining = await upstream((_request, response) => void response.writeHead(503).end('draining'));
  const { post } = await setUp([draining, await upstream(answer)]);
  assert.equal((await post(ask)).status, 200);
  const strict = await upstream(
    (_request, response) => void response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{}}'),
  );
  assert.equal((await (await setUp([strict])).post(ask)).status, 400);
});

test('the only replica is asked again after its rest', async () => {
  let calls = 0;
  const restarting = await upstream((request, response) => {
    if (++calls === 1) request.socket.destroy();
    else answer(request, response);
  });
  assert.equal((await (await setUp([restarting])).post(ask)).status, 200);
  assert.equal(calls, 2);
});

test('tokens are passed on one by one, while the stream is still open', async () => {
  let next: (() => void) | undefined;
  const streaming = await upstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(event('one'));
    next = () => response.end(`${event('two')}data: [DONE]\n\n`);
  });
  const response = await (await setUp([streaming])).post({ ...ask, stream: true });
  const reader = response.body!.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /one/);
  next?.();
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read())
    rest += new TextDecoder().decode(part.value);
  assert.match(rest, /two[\s\S]*\[DONE\]/);
});

for (const { when, end } of [
  { when: 'the connection breaks', end: (request: IncomingMessage) => request.socket.destroy() },
  { when: 'the stream ends without [DONE]', end: undefined },
]) {
  test(`after the first token, when ${when}, the client is told in-band and never sees [DONE]`, async () => {
    const breaking = await upstream((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event('one'), () => {
        response.write('data: {"half', () => setTimeout(() => (end === undefined ? response.end() : end(request)), 20));
      });
    });
    const { post } = await setUp([breaking, await upstream(answer)]);
    const text = await (await post({ ...ask, stream: true })).text();
    assert.match(text, /one/);
    assert.match(text, /\n\ndata: \{"error":\{"message":"the model server broke off/);
    assert.doesNotMatch(text, /\[DONE\]/);
  });
}

test('a stream that dies before its first token is retried', async () => {
  const empty = await upstream((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    setImmediate(() => request.socket.destroy());
  });
  const good = await upstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`${event('whole')}data: [DONE]\n\n`);
  });
  const { post } = await setUp([empty, good]);
  for (let i = 0; i < 2; i++) assert.match(await (await post({ ...ask, stream: true })).text(), /whole[\s\S]*\[DONE\]/);
});

test('a request is held while nothing is ready, and told how long', async () => {
  const { gateway, post, activity } = await setUp([]);
  const waiting = post(ask);
  while (activity.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(activity.slice(0, 1), [true]);
  gateway.setTable(table([await upstream(answer)]));
  const response = await waiting;
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('x-slipway-phase'), 'Loading');
  assert.ok(Number(response.headers.get('x-slipway-held-ms')) >= 0);
});

test('when the patience of a model is over: 503, when to come again, and why', async () => {
  const response = await (await setUp([], { holdMs: 50 })).post(ask);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('x-slipway-reason'), 'not_ready');
  assert.ok(Number(response.headers.get('retry-after')) >= 1);
  assert.equal(response.headers.get('x-slipway-phase'), 'Loading');
});

test('beyond maxHeld: 429', async () => {
  const { gateway, post, activity } = await setUp([]);
  const held = [post(ask), post(ask), post(ask)];
  while (activity.length < 3) await new Promise((resolve) => setImmediate(resolve));
  const response = await post(ask);
  assert.equal(response.status, 429);
  assert.equal(response.headers.get('x-slipway-reason'), 'hold_queue_full');
  gateway.setTable(table([await upstream(answer)]));
  for (const each of held) assert.equal((await each).status, 200);
});

test('a client that goes away cancels the work of the model', async () => {
  const cancelled = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const slow = await upstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(event('one'));
    response.on('close', () => cancelled.resolve());
    begun.resolve();
  });
  const { server, gateway } = await setUp([slow]);
  const leaving = new AbortController();
  const pending = fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ ...ask, stream: true }),
    signal: leaving.signal,
  }).then((response) => response.text());
  await begun.promise;
  leaving.abort();
  await assert.rejects(pending);
  await cancelled.promise;
  assert.ok(gateway.active <= 1);
});

test('draining: in-flight requests end, health says so, and then nobody listens', async () => {
  let finish: (() => void) | undefined;
  const begun = Promise.withResolvers<void>();
  const slow = await upstream((_request, response) => {
    finish = () => response.end('{"ok":true}');
    begun.resolve();
  });
  const { server, post } = await setUp([slow]);
  const { url } = server;
  const pending = post(ask);
  await begun.promise;
  const closed = server.close();
  finish?.();
  assert.equal((await pending).status, 200);
  await closed;
  await assert.rejects(fetch(`${url}/health`));
});

const hostile: readonly {
  what: string;
  status: number;
  headers?: Record<string, string>;
  body?: string;
  path?: string;
  method?: string;
}[] = [
  { what: 'a foreign Host', status: 403, headers: { host: 'evil.example' } },
  { what: 'a foreign Origin', status: 403, headers: { origin: 'https://evil.example' } },
  { what: 'a foreign Origin on DELETE', status: 403, method: 'DELETE', headers: { origin: 'https://evil.example' } },
  { what: 'a Host that only begins like ours', status: 403, headers: { host: '127.0.0.1.evil.example' } },
  { what: 'JSON nested 100 deep', status: 400, body: `{"model":"chat","x":${'['.repeat(100)}${']'.repeat(100)}}` },
  { what: 'no JSON', status: 400, body: '{"model":' },
  { what: 'JSON that is no object', status: 400, body: '[]' },
  { what: 'bytes that are not UTF-8', status: 400, body: '{"model":"\xff"}' },
  { what: 'no model', status: 400, body: '{}' },
  { what: 'an unknown model', status: 404, body: '{"model":"nobody"}' },
  { what: 'a body above 4 MiB', status: 413, body: `{"model":"chat","x":"${'x'.repeat(4 * 1024 * 1024)}"}` },
  { what: 'an unknown path', status: 404, path: '/v1/files' },
  { what: 'a path with dots', status: 404, path: '/v1/../pause' },
  { what: 'GET where POST is right', status: 405, method: 'GET' },
];

for (const {
  what,
  status,
  headers = {},
  body = JSON.stringify(ask),
  path = '/v1/chat/completions',
  method = 'POST',
} of hostile) {
  test(`${what} is answered with ${status}`, async () => {
    const { server } = await setUp([await upstream(answer)]);
    const got = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest(
        {
          host: '127.0.0.1',
          port: server.port,
          path,
          method,
          headers: { host: `127.0.0.1:${server.port}`, ...headers },
        },
        (response) => {
          void readText(response).then(() => resolve(response.statusCode), reject);
        },
      );
      // A refused body may be cut off while it is being sent, after the answer.
      sent.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error),
      );
      sent.end(method === 'GET' ? undefined : Buffer.from(body, 'latin1'));
    });
    assert.equal(got, status);
  });
}

for (const { what, lines } of [
  { what: 'two Host headers', lines: ['GET /v1/models HTTP/1.1', 'Host: 127.0.0.1:PORT', 'Host: 127.0.0.1:PORT'] },
  {
    what: 'two Authorization headers',
    lines: ['GET /v1/models HTTP/1.1', 'Host: 127.0.0.1:PORT', 'Authorization: a', 'Authorization: b'],
  },
  { what: 'an absolute target', lines: ['GET http://evil.example/v1/models HTTP/1.1', 'Host: 127.0.0.1:PORT'] },
  {
    what: 'Content-Length beside Transfer-Encoding',
    lines: ['POST /v1/models HTTP/1.1', 'Host: 127.0.0.1:PORT', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
  },
  {
    what: 'headers above 16 KiB',
    lines: ['GET /v1/models HTTP/1.1', 'Host: 127.0.0.1:PORT', `X-Large: ${'x'.repeat(20_000)}`],
  },
]) {
  test(`${what}: refused`, async () => {
    const { server } = await setUp([]);
    const socket = connect(server.port, '127.0.0.1');
    socket.end(`${lines.join('\r\n').replaceAll('PORT', String(server.port))}\r\nConnection: close\r\n\r\n`);
    assert.match(await readText(socket), /^HTTP\/1\.1 4(00|31) /);
  });
}

test('metrics count answers and show what is in flight', async () => {
  const begun = Promise.withResolvers<void>();
  let finish: (() => void) | undefined;
  const slow = await upstream((_request, response) => {
    finish = () => response.end('{}');
    begun.resolve();
  });
  const { server, post } = await setUp([slow]);
  const metrics = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text();
  const pending = post(ask);
  await begun.promise;
  assert.match(
    await metrics(),
    new RegExp(`slipway_gateway_in_flight\\{namespace="default",inference="chat",pod="${slow.pod}"\\} 1`),
  );
  finish?.();
  await pending;
  assert.match(await metrics(), /slipway_gateway_requests_total\{namespace="default",inference="chat",code="200"\} 1/);
  assert.match(await metrics(), /slipway_gateway_ttft_seconds_count\{namespace="default",inference="chat"\} 1/);
});
