import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import type { HttpProbe, ProbeResult } from '../node/prober.ts';
import { systemNetworkProber } from './network-prober.ts';

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

async function probing(
  serve: RequestListener,
  probe: Partial<HttpProbe> = {},
): Promise<{ result: ProbeResult; requests: IncomingMessage[]; port: number }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    serve(request, response);
  });
  const port = await listen(server);
  try {
    const result = await systemNetworkProber.httpGet({
      scheme: 'HTTP',
      host: '127.0.0.1',
      port,
      path: '/',
      headers: [],
      timeoutMs: 5000,
      ...probe,
    });
    return { result, requests, port };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const answers: readonly { status: number; location?: string; outcome: ProbeResult['outcome']; output: string }[] = [
  { status: 200, outcome: 'success', output: 'body' },
  { status: 299, outcome: 'success', output: 'body' },
  { status: 304, outcome: 'warning', output: 'Probe terminated redirects, Response body: ' },
  { status: 399, outcome: 'warning', output: 'Probe terminated redirects, Response body: body' },
  { status: 302, outcome: 'warning', output: 'Probe terminated redirects, Response body: body' },
  {
    status: 302,
    location: 'http://127.0.0.2:1/',
    outcome: 'warning',
    output: 'Probe terminated redirects, Response body: body',
  },
  { status: 400, outcome: 'failure', output: 'HTTP probe failed with statuscode: 400' },
  { status: 503, outcome: 'failure', output: 'HTTP probe failed with statuscode: 503' },
];
for (const { status, location, outcome, output } of answers) {
  test(`an answer of ${status}${location === undefined ? '' : ` to ${location}`} is a ${outcome}`, async () => {
    const { result } = await probing((_request, response) => {
      response.writeHead(status, location === undefined ? {} : { location });
      response.end(status === 304 ? '' : 'body');
    });
    assert.deepEqual(result, { outcome, output, statusCode: status });
  });
}

test('a probe says who it is, keeps no connection and asks for anything', async () => {
  const { requests, port } = await probing((_request, response) => response.end(), { path: 'healthz?full=1' });
  assert.equal(requests[0]?.url, '/healthz?full=1');
  assert.deepEqual(requests[0]?.headers, {
    host: `127.0.0.1:${port}`,
    'user-agent': 'kube-probe/1.36',
    accept: '*/*',
    connection: 'close',
  });
});

test('headers of the probe replace the usual ones, and an empty one removes them', async () => {
  const headers = [
    { name: 'Host', value: 'model.example' },
    { name: 'user-agent', value: 'mine' },
    { name: 'Accept', value: '' },
    { name: 'X-A', value: '1' },
    { name: 'X-A', value: '2' },
  ];
  const { requests } = await probing((_request, response) => response.end(), { headers });
  assert.deepEqual(requests[0]?.headers, {
    host: 'model.example',
    'user-agent': 'mine',
    'x-a': '1, 2',
    connection: 'close',
  });
});

test('a redirect to the same host is followed without the Host header of the probe', async () => {
  const headers = [{ name: 'Host', value: 'model.example' }];
  const { result, requests, port } = await probing(
    (request, response) => {
      if (request.url !== '/') return void response.end('there');
      response.writeHead(301, { location: '/next' });
      response.end();
    },
    { headers },
  );
  assert.deepEqual(result, { outcome: 'success', output: 'there', statusCode: 200 });
  assert.deepEqual(
    requests.map(({ url, headers: { host } }) => [url, host]),
    [
      ['/', 'model.example'],
      ['/next', `127.0.0.1:${port}`],
    ],
  );
});

test('a circle of redirects ends after ten requests as a failure', async () => {
  const { result, requests, port } = await probing((_request, response) => {
    response.writeHead(302, { location: '/again' });
    response.end();
  });
  assert.deepEqual(result, {
    outcome: 'failure',
    output: `Get "http://127.0.0.1:${port}/again": stopped after 10 redirects`,
  });
  assert.equal(requests.length, 10);
});

test('of an endless body only ten KiB are read', async () => {
  const { result } = await probing((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(4096)));
    };
    response.on('drain', more);
    more();
  });
  assert.deepEqual([result.outcome, result.output.length], ['success', 10 * 1024]);
});

test('a server that does not answer, or drips its body, is a failure after the timeout', async () => {
  const silent = await probing(() => {}, { timeoutMs: 20 });
  assert.deepEqual(silent.result, {
    outcome: 'failure',
    output: `Get "http://127.0.0.1:${silent.port}/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  });
  const dripping = await probing((_request, response) => void response.write('a'), { timeoutMs: 60 });
  assert.equal(dripping.result.outcome, 'failure');
  assert.match(dripping.result.output, /^context deadline exceeded/);
});

test('nobody who listens, something that speaks no HTTP and a closed door are failures in words', async () => {
  const closed = createTcpServer();
  const port = await listen(closed);
  await new Promise((resolve) => closed.close(resolve));
  const probe = { scheme: 'HTTP', host: '127.0.0.1', port, path: '/', headers: [], timeoutMs: 5000 } as const;
  assert.deepEqual(await systemNetworkProber.httpGet(probe), {
    outcome: 'failure',
    output: `Get "http://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
  const speaking = async (say: (socket: Socket) => void): Promise<ProbeResult> => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => say(socket));
    });
    const result = await systemNetworkProber.httpGet({ ...probe, port: await listen(server) });
    server.close();
    return result;
  };
  assert.match((await speaking((socket) => socket.end('SSH-2.0\r\n\r\n'))).output, /malformed HTTP response$/);
  assert.match((await speaking((socket) => socket.end())).output, /: EOF$/);
});

/** For nobody's name, signed by itself and out of date. */
const selfSigned = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7P4rQktzgvzYNYHX
wFhXcUd8XHftgDIF1Dd7FT1xL2OhRANCAASpcyzmkQmnzCZs2Wde49z2tTq02WXD
P2gulfoxhpFj1R7knIpOUCEOyzBAXpEUYP7+iToIR8VsDcyvb0puSX2O
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBeDCCAR2gAwIBAgIUVdqzd1MOzkAsQkGkkDNahsidbeowCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MB4XDTI2MTEyNTAwNDkwMFoXDTI2MTEyNjAwNDkw
MFowETEPMA0GA1UEAwwGbm9ib2R5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
qXMs5pEJp8wmbNlnXuPc9rU6tNllwz9oLpX6MYaRY9Ue5JyKTlAhDsswQF6RFGD+
/ok6CEfFbA3Mr29Kbkl9jqNTMFEwHQYDVR0OBBYEFOiOcZjfH6/R6C0YFneniOyz
Ac6lMB8GA1UdIwQYMBaAFOiOcZjfH6/R6C0YFneniOyzAc6lMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAIGkQgvTDWQcm7uF+QAcmsF6tJjscuD2
Sj8XZ5se/G40AiEA4fddspMEmx8ay2gBXfIBJiN169NbLXPf2DUELuFq5ng=
-----END CERTIFICATE-----`,
};

test('a certificate that nobody signed is good enough for a probe', async () => {
  const server = createTlsServer(selfSigned, (_request, response) => response.end('ok'));
  const port = await listen(server);
  const probe = { host: '127.0.0.1', port, path: '/', headers: [], timeoutMs: 5000 } as const;
  assert.deepEqual(await systemNetworkProber.httpGet({ ...probe, scheme: 'HTTPS' }), {
    outcome: 'success',
    output: 'ok',
    statusCode: 200,
  });
  assert.equal((await systemNetworkProber.httpGet({ ...probe, scheme: 'HTTP' })).outcome, 'failure');
  server.closeAllConnections();
  server.close();
});

test('a header that HTTP cannot carry is a failure, not an exception', async () => {
  const { result, requests } = await probing((_request, response) => response.end(), {
    headers: [{ name: 'X-A', value: 'a\r\nX-B: b' }],
  });
  assert.equal(result.outcome, 'failure');
  assert.equal(requests.length, 0);
});

test('a proxy in the environment is not asked', async () => {
  process.env['HTTP_PROXY'] = process.env['http_proxy'] = 'http://127.0.0.1:1';
  try {
    const { result } = await probing((_request, response) => response.end('direct'));
    assert.equal(result.output, 'direct');
  } finally {
    delete process.env['HTTP_PROXY'];
    delete process.env['http_proxy'];
  }
});

test('a TCP probe is a success where somebody listens and a failure where nobody does', async () => {
  const server = createTcpServer();
  const port = await listen(server);
  assert.deepEqual(await systemNetworkProber.tcpSocket('127.0.0.1', port, 5000), { outcome: 'success', output: '' });
  await new Promise((resolve) => server.close(resolve));
  assert.deepEqual(await systemNetworkProber.tcpSocket('127.0.0.1', port, 5000), {
    outcome: 'failure',
    output: `dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
});
