import assert from 'node:assert/strict';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { Gateway } from '../gateway/gateway.ts';
import { defaultLimits, type GatewayLimits } from '../gateway/limits.ts';
import type { Endpoint, Route, RoutingTable } from '../gateway/routing-table.ts';
import { silentLog } from '../machinery/log.ts';
import { GatewayServer } from './gateway-server.ts';
import { systemClock } from './system-clock.ts';
import { UndiciTransport } from './undici-transport.ts';

const cleanUp: (() => Promise<unknown> | void)[] = [];
after(async () => {
  for (const each of cleanUp.reverse()) await each();
});

interface Upstream extends Endpoint {
  readonly server: Server;
  /** Ends the process, as it were: every connection breaks and nobody listens. */
  kill(): void;
}

/** A model server of the test's own; `port` takes over a dead one's address. */
async function upstream(listener: RequestListener, port = 0): Promise<Upstream> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const kill = (): void => {
    server.closeAllConnections();
    server.close();
  };
  cleanUp.push(kill);
  const bound = (server.address() as AddressInfo).port;
  return {
    key: `pod-${bound}@127.0.0.1:${bound}`,
    pod: `pod-${bound}`,
    address: '127.0.0.1',
    port: bound,
    state: 'ready',
    server,
    kill,
  };
}

function table(endpoints: readonly Endpoint[], overrides: Partial<Route> = {}): RoutingTable {
  const route: Route = {
    key: 'default/chat',
    namespace: 'default',
    inference: 'chat',
    uid: '1',
    modelName: 'chat',
    createdAt: '2026-01-01T00:00:00Z',
    phase: 'Loading',
    holdMs: 30_000,
    maxHeld: 3,
    coldStartMs: 2_000,
    noteEveryMs: undefined,
    endpoints,
    ...overrides,
  };
  return {
    routes: [route],
    byModel: new Map([
      [route.modelName, route],
      [route.key, route],
    ]),
  };
}

async function setUp(
  endpoints: readonly Endpoint[],
  { limits = {}, ...overrides }: Partial<Route> & { readonly limits?: Partial<GatewayLimits> } = {},
) {
  const transport = new UndiciTransport({ ...defaultLimits, ...limits });
  const activity: boolean[] = [];
  const gateway = new Gateway({
    clock: systemClock,
    transport,
    onActivity: (_route, isHeld) => activity.push(isHeld),
    limits,
  });
  gateway.setTable(table(endpoints, overrides));
  const server = await GatewayServer.listen({ gateway, log: silentLog, host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${server.port}`;
  cleanUp.push(
    () => transport.close(),
    () => {
      gateway.abandon();
      return server.close();
    },
  );
  const post = (body: object, init: RequestInit = {}, path = '/v1/chat/completions'): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...init,
    });
  const show = (next: readonly Endpoint[], more: Partial<Route> = {}) =>
    gateway.setTable(table(next, { ...overrides, ...more }));
  const held = async (count: number): Promise<void> => {
    while (
      !(await (await fetch(`${url}/metrics`)).text()).includes(
        `slipway_gateway_held{namespace="default",inference="chat"} ${count}\n`,
      )
    );
  };
  return { gateway, server, url, post, activity, show, held };
}

const ask = { model: 'chat', messages: [] };
const stream = { ...ask, stream: true };
const answer: RequestListener = (request, response) =>
  void request
    .resume()
    .on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}'));
const event = (text: string): string => `data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`;
const done = 'data: [DONE]\n\n';
const beginStream = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });
const streaming: RequestListener = (request, response) =>
  void request.resume().on('end', () => beginStream(response).end(`${event('whole')}${done}`));

async function deadAddress(): Promise<Upstream> {
  const gone = await upstream(answer);
  gone.kill();
  return gone;
}

// ── another replica

test('a refused connection goes to the other replica', async () => {
  const { post, url } = await setUp([await deadAddress(), await upstream(answer)]);
  for (let i = 0; i < 6; i++) assert.equal((await post(ask)).status, 200);
  assert.match(await (await fetch(`${url}/metrics`)).text(), /slipway_gateway_retries_total\{[^}]*\} [1-9]/);
});

test('a replica that breaks off before its answer is whole is not noticed', async () => {
  let cuts = 0;
  const cutting = await upstream((request, response) => {
    cuts++;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"half":', () => request.socket.destroy());
  });
  const { post } = await setUp([cutting, await upstream(answer)]);
  for (let i = 0; i < 2; i++) assert.equal(await (await post(ask)).text(), '{"ok":true}');
  assert.ok(cuts >= 1);
});

for (const status of [502, 503, 504]) {
  test(`${status} goes elsewhere`, async () => {
    let calls = 0;
    const draining = await upstream((request, response) => {
      calls++;
      request.resume().on('end', () => response.writeHead(status).end('no'));
    });
    const { post } = await setUp([draining, await upstream(answer)]);
    for (let i = 0; i < 3; i++) assert.equal((await post(ask)).status, 200);
    assert.ok(calls >= 1);
  });
}

for (const status of [400, 404, 422, 429, 500]) {
  test(`${status} is the answer`, async () => {
    let calls = 0;
    const strict = await upstream((request, response) => {
      calls++;
      request
        .resume()
        .on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end('{"error":{}}'));
    });
    const { post } = await setUp([strict, strict]);
    const response = await post(ask);
    assert.deepEqual([response.status, await response.text(), calls], [status, '{"error":{}}', 1]);
  });
}

test('when every try fails with an answer, the last one is given; without one, 502', async () => {
  const busy = await upstream(
    (request, response) =>
      void request.resume().on('end', () => response.writeHead(503, { 'retry-after': '7' }).end('{"busy":1}')),
  );
  const limits = { attempts: 2 };
  const answered = await (await setUp([busy], { limits })).post(ask);
  assert.deepEqual(
    [answered.status, answered.headers.get('retry-after'), await answered.text()],
    [503, '7', '{"busy":1}'],
  );
  const breaking = await upstream((request) => request.socket.destroy());
  const failed = await (await setUp([breaking], { limits })).post(ask);
  assert.deepEqual([failed.status, failed.headers.get('x-slipway-reason')], [502, 'upstream-failed']);
  assert.doesNotMatch(await failed.text(), /127\.0\.0\.1|ECONN/);
});

test('a stream that dies before its first event is tried again', async () => {
  let deaths = 0;
  const empty = await upstream((request, response) => {
    deaths++;
    beginStream(response).flushHeaders();
    response.write('data: {"half', () => request.socket.destroy());
  });
  const { post } = await setUp([empty, await upstream(streaming)]);
  for (let i = 0; i < 2; i++) assert.equal(await (await post(stream)).text(), `${event('whole')}${done}`);
  assert.ok(deaths >= 1);
});

test('a killed replica with a hundred requests costs nobody anything', async () => {
  const waiting: IncomingMessage[] = [];
  const doomed = await upstream((request) => void waiting.push(request));
  const { post, gateway, show } = await setUp([doomed]);
  const answers = Array.from({ length: 100 }, () => post(ask));
  while (waiting.length < 100) await new Promise((resolve) => setImmediate(resolve));
  show([doomed, await upstream(answer)]);
  doomed.kill();
  for (const response of await Promise.all(answers)) assert.equal(response.status, 200);
  assert.equal(gateway.active, 0);
});

test('the only replica is killed and started anew at the same address: requests wait for it', async () => {
  const begun = Promise.withResolvers<void>();
  const doomed = await upstream(() => begun.resolve());
  const { post, show, held } = await setUp([doomed]);
  const pending = post(ask);
  await begun.promise;
  doomed.kill();
  show([{ ...doomed, state: 'unready' }]);
  await held(1);
  const late = post(ask);
  const again = await upstream(answer, doomed.port);
  show([again]);
  assert.equal((await pending).status, 200);
  assert.equal((await late).status, 200);
});

test('a replica that failed a request is asked again when there is no other', async () => {
  let calls = 0;
  const flaky = await upstream((request, response) => {
    if (++calls === 1) request.socket.destroy();
    else answer(request, response);
  });
  assert.equal((await (await setUp([flaky])).post(ask)).status, 200);
  assert.equal(calls, 2);
});

// ── streams

test('tokens are passed on one by one, while the stream is still open', async () => {
  let next: (() => void) | undefined;
  const slow = await upstream((_request, response) => {
    beginStream(response).write(event('one'));
    next = () => response.end(`${event('two')}${done}`);
  });
  const response = await (await setUp([slow])).post(stream);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const reader = response.body!.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /one/);
  next?.();
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read())
    rest += new TextDecoder().decode(part.value);
  assert.equal(rest, `${event('two')}${done}`);
});

for (const { when, end } of [
  { when: 'the connection breaks', end: (request: IncomingMessage) => void request.socket.destroy() },
  {
    when: 'the stream ends without [DONE]',
    end: (_: IncomingMessage, response: ServerResponse) => void response.end(),
  },
]) {
  test(`after the first token, when ${when}, the client is told in-band, sees no half event and no [DONE]`, async () => {
    const breaking = await upstream((request, response) => {
      beginStream(response).write(`${event('one')}data: {"half`, () => setImmediate(end, request, response));
    });
    const { post, url } = await setUp([breaking, await upstream(answer)]);
    // Whichever is asked first: one of the two requests meets the breaking one.
    const texts = [await (await post(stream)).text(), await (await post(stream)).text()];
    const broken = texts.find((text) => text.includes('one')) ?? '';
    const [first, second, ...rest] = broken.split('\n\n');
    assert.equal(`${first}\n\n`, event('one'));
    const { error } = JSON.parse((second ?? '').slice('data: '.length)) as { error: { message: string; code: string } };
    assert.equal(error.code, 'incomplete_answer');
    assert.deepEqual(rest, ['']);
    assert.match(await (await fetch(`${url}/metrics`)).text(), /slipway_gateway_broken_streams_total\{[^}]*\} 1/);
  });
}

test('an error that the server itself streams is not told twice', async () => {
  const failing = await upstream(
    (_request, response) =>
      void beginStream(response).end(`${event('one')}data: {"error":{"message":"out of memory"}}\n\n`),
  );
  const text = await (await (await setUp([failing])).post(stream)).text();
  assert.equal(text, `${event('one')}data: {"error":{"message":"out of memory"}}\n\n`);
});

test('a client that reads late gets everything', async () => {
  const total = 32;
  const piece = event('x'.repeat(256 * 1024));
  const fast = await upstream((_request, response) => {
    let written = 0;
    beginStream(response);
    const more = (): void => {
      while (written++ < total) if (!response.write(piece)) return void response.once('drain', more);
      response.end(done);
    };
    more();
  });
  const { server } = await setUp([fast]);
  const response = await new Promise<IncomingMessage>((resolve) => {
    const headers = { 'content-type': 'application/json' };
    httpRequest(
      { host: '127.0.0.1', port: server.port, path: '/v1/chat/completions', method: 'POST', headers },
      resolve,
    ).end(JSON.stringify(stream));
  });
  for (let i = 0; i < 500; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await readText(response)).length, total * piece.length + done.length);
});

test('a client that goes away cancels the work of the model', async () => {
  for (const body of [stream, ask]) {
    const cancelled = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow = await upstream((_request, response) => {
      if (body === stream) beginStream(response).write(event('one'));
      response.on('close', () => cancelled.resolve());
      begun.resolve();
    });
    const { post, url, gateway } = await setUp([slow]);
    const leaving = new AbortController();
    const pending = post(body, { signal: leaving.signal }).then((response) => response.text());
    await begun.promise;
    leaving.abort();
    await assert.rejects(pending);
    await cancelled.promise;
    while (gateway.active > 0) await new Promise((resolve) => setImmediate(resolve));
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /slipway_gateway_requests_total\{[^}]*code="499"\} 1/);
    assert.match(metrics, new RegExp(`slipway_gateway_in_flight\\{[^}]*pod="${slow.pod}"\\} 0`));
  }
});

test('an answer too large to keep goes through whole', async () => {
  const large = 'x'.repeat(300_000);
  const server = await upstream(
    (request, response) =>
      void request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(large)),
  );
  const { post } = await setUp([server], { limits: { bufferedAnswerBytes: 1_000 } });
  assert.equal(await (await post(ask)).text(), large);
});

// ── holding

test('a request is held while nothing is ready, wakes the model, and is told how long it waited', async () => {
  const { post, activity, show, held } = await setUp([]);
  const waiting = post(ask);
  await held(1);
  assert.equal(activity[0], true);
  show([await upstream(answer)]);
  const response = await waiting;
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('x-slipway-phase'), 'Loading');
  assert.match(response.headers.get('x-slipway-held-ms') ?? '', /^\d+$/);
  assert.match(response.headers.get('x-slipway-eta-seconds') ?? '', /^[12]$/);
});

test('a request that did not wait hears nothing of waiting', async () => {
  const response = await (await setUp([await upstream(answer)])).post(ask);
  assert.equal(response.headers.get('x-slipway-phase'), null);
});

test('when the patience of a model is over: 503, when to come again, and why', async () => {
  const response = await (await setUp([], { holdMs: 50 })).post(ask);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('x-slipway-reason'), 'no-capacity');
  assert.equal(response.headers.get('retry-after'), '2');
  assert.equal(response.headers.get('x-slipway-phase'), 'Loading');
});

test('beyond maxHeld: 503 while nobody is ready', async () => {
  const { post, show, held } = await setUp([]);
  const waiting = [post(ask), post(ask), post(ask)];
  await held(3);
  const response = await post(ask);
  assert.deepEqual([response.status, response.headers.get('x-slipway-reason')], [503, 'no-capacity']);
  show([await upstream(answer)]);
  for (const each of waiting) assert.equal((await each).status, 200);
});

test('beyond what the replicas may have in flight requests wait, and beyond that there is 429', async () => {
  const finish: (() => void)[] = [];
  const slow = await upstream((_request, response) => void finish.push(() => response.end('{}')));
  const { post, held } = await setUp([slow], { limits: { inFlightPerEndpoint: 1 }, maxHeld: 1 });
  const first = post(ask);
  while (finish.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const second = post(ask);
  await held(1);
  const third = await post(ask);
  assert.deepEqual([third.status, third.headers.get('x-slipway-reason')], [429, 'contended']);
  finish[0]?.();
  assert.equal((await first).status, 200);
  while (finish.length < 2) await new Promise((resolve) => setImmediate(resolve));
  finish[1]?.();
  assert.equal((await second).status, 200);
});

test('a model that has failed is not waited for, also by those who wait already', async () => {
  const { post, show, held } = await setUp([]);
  const waiting = post(ask);
  await held(1);
  show([], { phase: 'Failed' });
  for (const response of [await waiting, await post(ask)])
    assert.deepEqual([response.status, response.headers.get('x-slipway-reason')], [503, 'model-failed']);
});

test('a model that is deleted is not waited for', async () => {
  const { post, gateway, held } = await setUp([]);
  const waiting = post(ask);
  await held(1);
  gateway.setTable({ routes: [], byModel: new Map() });
  assert.equal((await waiting).status, 404);
});

// ── names and lists

test('the model server is asked for the name that it knows', async () => {
  const asked: unknown[] = [];
  const server = await upstream((request, response) => {
    void readText(request).then((text) => {
      asked.push(
        (JSON.parse(text) as { model: unknown }).model,
        request.headers.authorization,
        request.headers['x-forwarded-for'],
        request.url,
      );
      response.end('{}');
    });
  });
  const { post } = await setUp([server]);
  const headers = { 'content-type': 'application/json', authorization: 'Bearer secret', 'x-forwarded-for': '1.2.3.4' };
  assert.equal((await post({ model: 'default/chat' }, { headers }, '/v1/chat/completions?x=1')).status, 200);
  assert.deepEqual(asked, ['chat', undefined, undefined, '/v1/chat/completions']);
});

test('models are listed, and an unknown one is told from those there are', async () => {
  const { post, url } = await setUp([]);
  const list = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string; object: string }[] };
  assert.deepEqual(
    list.data.map(({ id, object }) => [id, object]),
    [['chat', 'model']],
  );
  assert.equal((await fetch(`${url}/v1/models/chat`)).status, 200);
  assert.equal((await fetch(`${url}/v1/models/default%2Fchat`)).status, 200);
  assert.equal((await fetch(`${url}/v1/models/%zz`)).status, 404);
  const response = await post({ ...ask, model: 'nobody' });
  assert.equal(response.status, 404);
  const { error } = (await response.json()) as { error: { message: string; code: string } };
  assert.deepEqual([error.message, error.code], ['there is no model "nobody"; there is "chat"', 'model_not_found']);
});

// ── ending

test('draining: health says so, in-flight requests end, and then nobody listens', async () => {
  let finish: (() => void) | undefined;
  const begun = Promise.withResolvers<void>();
  const slow = await upstream((_request, response) => {
    finish = () => response.end('{"ok":true}');
    begun.resolve();
  });
  const { server, post, url } = await setUp([slow]);
  const pending = post(ask);
  await begun.promise;
  const drained = server.drain({ noticeMs: 300, limitMs: 60_000 });
  assert.equal((await fetch(`${url}/health`)).status, 503);
  finish?.();
  const response = await pending;
  assert.deepEqual([response.status, response.headers.get('connection')], [200, 'close']);
  await drained;
  await assert.rejects(fetch(`${url}/health`));
});

test('what still runs at the end of a drain is told so: a stream in-band, anything else with 503', async () => {
  let begun = 0;
  const slow = await upstream((request, response) => {
    void readText(request).then((text) => {
      begun++;
      if (text.includes('"stream":true')) beginStream(response).write(event('one'));
    });
  });
  const { server, post, show, held: isHeld } = await setUp([slow]);
  const streamed = await post(stream);
  const plain = post(ask);
  while (begun < 2) await new Promise((resolve) => setImmediate(resolve));
  show([]);
  const held = post(ask);
  await isHeld(1);
  await server.drain({ noticeMs: 0, limitMs: 50 });
  const text = await streamed.text();
  assert.match(text, /one[\s\S]*"error":\{"message":"the gateway shut down/);
  assert.doesNotMatch(text, /\[DONE\]/);
  for (const response of [await plain, await held])
    assert.deepEqual([response.status, response.headers.get('x-slipway-reason')], [503, 'draining']);
});

// ── hostile input

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
  { what: 'a foreign Origin on OPTIONS', status: 403, method: 'OPTIONS', headers: { origin: 'https://evil.example' } },
  { what: 'a Host that only begins like ours', status: 403, headers: { host: '127.0.0.1.evil.example' } },
  { what: 'a form of a web page', status: 415, headers: { 'content-type': 'text/plain' } },
  { what: 'a compressed body', status: 415, headers: { 'content-encoding': 'gzip' } },
  { what: 'JSON nested 100 deep', status: 400, body: `{"model":"chat","x":${'['.repeat(100)}${']'.repeat(100)}}` },
  { what: 'JSON nested a million deep', status: 400, body: `{"model":"chat","x":${'['.repeat(1_000_000)}` },
  { what: 'no JSON', status: 400, body: '{"model":' },
  { what: 'JSON that is no object', status: 400, body: '[]' },
  { what: 'bytes that are not UTF-8', status: 400, body: '{"model":"\xff"}' },
  { what: 'no model', status: 400, body: '{}' },
  { what: 'an unknown model', status: 404, body: '{"model":"__proto__"}' },
  { what: 'a body above 4 MiB', status: 413, body: `{"model":"chat","x":"${'x'.repeat(4 * 1024 * 1024)}"}` },
  { what: 'an unknown path', status: 404, path: '/v1/files' },
  { what: 'a path with dots', status: 404, path: '/v1/../pause' },
  { what: 'GET where POST is right', status: 405, method: 'GET' },
  { what: 'POST where GET is right', status: 405, path: '/v1/models' },
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
    const got = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const sent = httpRequest(
        {
          host: '127.0.0.1',
          port: server.port,
          path,
          method,
          headers: { host: `127.0.0.1:${server.port}`, 'content-type': 'application/json', ...headers },
        },
        (response) => void readText(response).then((text) => resolve({ status: response.statusCode, text }), reject),
      );
      sent.on('error', reject);
      sent.end(method === 'POST' ? Buffer.from(body, 'latin1') : undefined);
    });
    assert.equal(got.status, status);
    assert.equal(typeof (JSON.parse(got.text) as { error: { message: string } }).error.message, 'string');
  });
}

async function raw(
  port: number,
  lines: readonly string[],
  then: (socket: Socket) => void = (socket) => void socket.end(),
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${lines.join('\r\n').replaceAll('PORT', String(port))}\r\n\r\n`);
  then(socket);
  return readText(socket);
}

for (const { what, lines, status } of [
  {
    what: 'two Host headers',
    status: 400,
    lines: ['GET /v1/models HTTP/1.1', 'Host: 127.0.0.1:PORT', 'Host: 127.0.0.1:PORT', 'Connection: close'],
  },
  {
    what: 'two Authorization headers',
    status: 400,
    lines: [
      'GET /v1/models HTTP/1.1',
      'Host: 127.0.0.1:PORT',
      'Authorization: a',
      'Authorization: b',
      'Connection: close',
    ],
  },
  {
    what: 'an absolute target',
    status: 400,
    lines: ['GET http://evil.example/v1/models HTTP/1.1', 'Host: 127.0.0.1:PORT', 'Connection: close'],
  },
  {
    what: 'Content-Length beside Transfer-Encoding',
    status: 400,
    lines: ['POST /v1/models HTTP/1.1', 'Host: 127.0.0.1:PORT', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
  },
  {
    what: 'headers above 16 KiB',
    status: 431,
    lines: ['GET /v1/models HTTP/1.1', 'Host: 127.0.0.1:PORT', `X-Large: ${'x'.repeat(20_000)}`],
  },
  { what: 'HTTP/1.0', status: 400, lines: ['GET /v1/models HTTP/1.0', 'Host: 127.0.0.1:PORT'] },
]) {
  test(`${what} is refused with ${status}`, async () => {
    const { server } = await setUp([]);
    assert.match(await raw(server.port, lines), new RegExp(`^HTTP/1\\.1 ${status} `));
  });
}

test('a request to switch protocols is an ordinary request', async () => {
  const { server } = await setUp([]);
  const lines = ['GET /health HTTP/1.1', 'Host: 127.0.0.1:PORT', 'Connection: Upgrade, close', 'Upgrade: websocket'];
  assert.match(await raw(server.port, lines), /^HTTP\/1\.1 200 /);
});

test('a body that drips is cut off', async () => {
  const { server } = await setUp([], { limits: { requestMs: 200 } });
  const lines = [
    'POST /v1/completions HTTP/1.1',
    'Host: 127.0.0.1:PORT',
    'Content-Type: application/json',
    'Content-Length: 1000',
  ];
  assert.match(await raw(server.port, lines, (socket) => void socket.write('{')), /^HTTP\/1\.1 408 /);
});

test('a body of very many very small pieces arrives whole', async () => {
  const asked = Promise.withResolvers<string>();
  const reading = await upstream((request, response) => {
    void readText(request).then((text) => {
      asked.resolve(text);
      response.end('{}');
    });
  });
  const { server } = await setUp([reading]);
  const text = JSON.stringify({ ...ask, padding: 'abcdefg'.repeat(3_000) });
  const pieces = text.split('').map((char) => `1\r\n${char}\r\n`);
  const head = [
    'POST /v1/completions HTTP/1.1',
    'Host: 127.0.0.1:PORT',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
    'Connection: close',
  ];
  const send = (socket: Socket): void => void socket.write(`${pieces.join('')}0\r\n\r\n`);
  assert.match(await raw(server.port, head, send), /^HTTP\/1\.1 200 /);
  assert.equal(await asked.promise, text);
});

test('a body that is too large is refused before it is sent, to whoever asks first', async () => {
  const { server } = await setUp([await upstream(answer)]);
  const head = (length: number) => [
    'POST /v1/completions HTTP/1.1',
    'Host: 127.0.0.1:PORT',
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    'Expect: 100-continue',
    'Connection: close',
  ];
  assert.match(await raw(server.port, head(5_000_000)), /^HTTP\/1\.1 413 /);
  const body = JSON.stringify(ask);
  const text = await raw(server.port, head(body.length), (socket) =>
    socket.once('readable', () => void socket.write(body)),
  );
  assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

test('another address than loopback is not listened on', async () => {
  const { gateway } = await setUp([]);
  await assert.rejects(
    GatewayServer.listen({ gateway, log: silentLog, host: '0.0.0.0', port: 0 }),
    /no loopback address/,
  );
});

// ── numbers

test('metrics count answers and tokens and show what is in flight', async () => {
  const begun = Promise.withResolvers<void>();
  let finish: (() => void) | undefined;
  const slow = await upstream((_request, response) => {
    finish = () =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"usage":{"prompt_tokens":7,"completion_tokens":5}}');
    begun.resolve();
  });
  const { url, post } = await setUp([slow]);
  const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  const pending = post(ask);
  await begun.promise;
  const labels = 'namespace="default",inference="chat"';
  assert.ok((await metrics()).includes(`slipway_gateway_in_flight{${labels},pod="${slow.pod}"} 1\n`));
  finish?.();
  await (await pending).text();
  const text = await metrics();
  for (const line of [
    `slipway_gateway_in_flight{${labels},pod="${slow.pod}"} 0`,
    `slipway_gateway_requests_total{${labels},code="200"} 1`,
    `slipway_gateway_tokens_total{${labels},direction="prompt"} 7`,
    `slipway_gateway_tokens_total{${labels},direction="completion"} 5`,
    `slipway_gateway_ttft_seconds_count{${labels}} 1`,
    `slipway_gateway_request_seconds_bucket{${labels},le="+Inf"} 1`,
  ])
    assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`);
});

test('requests to models that are not there make no new series', async () => {
  const { post, url } = await setUp([]);
  for (let i = 0; i < 20; i++) assert.equal((await post({ model: `nobody-${i}` })).status, 404);
  const lines = (await (await fetch(`${url}/metrics`)).text())
    .split('\n')
    .filter((line) => line.startsWith('slipway_gateway_requests_total{'));
  assert.deepEqual(lines, ['slipway_gateway_requests_total{namespace="",inference="",code="404"} 20']);
});
