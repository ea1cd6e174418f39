import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';

import { isConflict, isExpired, isNotFound } from '../api/error.ts';
import { builtInKinds } from '../api/kinds.ts';
import { configMaps, deployments } from '../api/resources.ts';
import type { ConfigMap } from '../api/schema/core-v1.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import type { ApiRequest, ApiResponse } from '../apiserver/exchange.ts';
import { memoryJournal } from '../apiserver/journal.ts';
import type { WatchEvent } from '../machinery/client.ts';
import { silentLog } from '../machinery/log.ts';
import { seededRandom } from '../std/random.ts';
import { ensureCertificates, type Certificates } from './certificate-authority.ts';
import { HttpClient } from './http-client.ts';
import { startHttpsServer, type HttpsServer } from './https-server.ts';
import { readKubeconfig, writeKubeconfig, type ClusterAccess } from './kubeconfig.ts';
import { systemClock } from './system-clock.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-tls-'));
const certificates: Certificates = ensureCertificates(folder, Date.now());
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

interface Running {
  readonly server: HttpsServer;
  readonly access: ClusterAccess;
  readonly requests: ApiRequest[];
}

async function running(context: TestContext, handle?: (request: ApiRequest) => Promise<ApiResponse>): Promise<Running> {
  const requests: ApiRequest[] = [];
  let answer = handle;
  if (answer === undefined) {
    const api = new ApiServer({
      clock: systemClock,
      random: seededRandom(1),
      journal: memoryJournal(),
      kinds: builtInKinds,
    });
    await api.start();
    context.after(() => api.stop());
    answer = (request) => api.handle(request);
  }
  const respond = answer;
  const server = await startHttpsServer({
    handle: (request) => {
      requests.push(request);
      return respond(request);
    },
    server: certificates.server,
    authority: certificates.authority,
    tokens: new Map([['good-token', { name: 'robot', groups: ['robots'] }]]),
    port: 0,
    log: silentLog,
  });
  context.after(() => server.close());
  const access = {
    server: server.url,
    authority: certificates.authority,
    client: certificates.admin,
    namespace: 'default',
  };
  return { server, access, requests };
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** One request over HTTP/1.1 with the admin's certificate, or without any. */
async function send(
  { server }: Running,
  path: string,
  { body, isAnonymous = false, ...options }: RequestOptions & { body?: string | Buffer; isAnonymous?: boolean } = {},
): Promise<Answer> {
  const { admin } = certificates;
  const agent = new Agent({
    ca: certificates.authority,
    ...(isAnonymous ? {} : { cert: admin.certificate, key: admin.privateKey }),
  });
  const request = httpsRequest(`${server.url}${path}`, { agent, servername: 'localhost', ...options });
  request.end(body);
  try {
    const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  } finally {
    agent.destroy();
  }
}

const key = { namespace: 'default', name: 'a' };
const configMap = { metadata: key, data: { a: 'b' } };

test('the client port works over the wire as it does without one', async (context) => {
  const { access } = await running(context);
  const client = new HttpClient(access);
  context.after(() => client.close());
  const made = await client.create(configMaps, configMap);
  assert.equal(made.metadata.namespace, 'default');
  assert.deepEqual(await client.get(configMaps, key), made);
  const updated = await client.update(configMaps, { ...made, data: { a: 'c' } });
  await assert.rejects(client.update(configMaps, { ...made, data: { a: 'd' } }), isConflict);
  const patched = await client.patch(configMaps, key, {
    type: 'json',
    body: [{ op: 'add', path: '/data/x', value: 'y' }],
  });
  assert.deepEqual(patched.data, { a: 'c', x: 'y' });
  assert.notEqual(patched.metadata.resourceVersion, updated.metadata.resourceVersion);
  const list = await client.list(configMaps, { namespace: 'default', limit: 1 });
  assert.equal(list.items[0]?.kind, 'ConfigMap');
  assert.equal(await client.delete(configMaps, key), undefined);
  await assert.rejects(client.get(configMaps, key), isNotFound);
});

test('a scale goes over the wire', async (context) => {
  const { access } = await running(context);
  const client = new HttpClient(access);
  context.after(() => client.close());
  const labels = { app: 'a' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'slipway/sim' }] } };
  await client.create(deployments, { metadata: key, spec: { selector: { matchLabels: labels }, template } });
  await client.patch(deployments, key, { type: 'merge', body: { spec: { replicas: 4 } } }, { subresource: 'scale' });
  assert.equal((await client.get(deployments, key)).spec.replicas, 4);
});

test('a watch brings events as they come, and says when its past is forgotten', async (context) => {
  const { access } = await running(context);
  const client = new HttpClient(access);
  context.after(() => client.close());
  const { metadata } = await client.list(configMaps);
  const seen: string[] = [];
  let done = (): void => {};
  const all = new Promise<void>((resolve) => (done = resolve));
  const watch = client.watch(configMaps, {
    resourceVersion: metadata.resourceVersion,
    onEvent: (event: WatchEvent<ConfigMap>) => {
      if (event.type === 'BOOKMARK') return;
      seen.push(`${event.type} ${event.object.metadata.name}`);
      if (seen.length === 2) done();
    },
    onEnd: () => {},
  });
  await client.create(configMaps, configMap);
  await client.delete(configMaps, key);
  await all;
  watch.stop();
  assert.deepEqual(seen, ['ADDED a', 'DELETED a']);
});

test('a watch that the server ends is over without an error, one from a forgotten past with Expired', async (context) => {
  const gone =
    '{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410,"message":"too old"}}\n';
  let line = gone;
  const { access } = await running(context, () =>
    Promise.resolve({
      status: 200,
      headers: {},
      body: (async function* () {
        yield line;
      })(),
    }),
  );
  const client = new HttpClient(access);
  context.after(() => client.close());
  const ended = (): Promise<unknown> =>
    new Promise((resolve) => client.watch(configMaps, { resourceVersion: '1', onEvent() {}, onEnd: resolve }));
  assert.ok(isExpired(await ended()));
  line = '';
  assert.equal(await ended(), undefined);
});

test('certificates and tokens say who comes; a wrong token is nobody', async (context) => {
  const it = await running(context);
  await send(it, '/version');
  assert.deepEqual(it.requests.at(-1)?.user, {
    name: 'kubernetes-admin',
    groups: ['system:masters', 'system:authenticated'],
  });
  const token = (text: string): RequestOptions & { isAnonymous: boolean } => ({
    isAnonymous: true,
    headers: { authorization: text },
  });
  await send(it, '/version', token('Bearer good-token'));
  assert.deepEqual(it.requests.at(-1)?.user, { name: 'robot', groups: ['robots', 'system:authenticated'] });
  const count = it.requests.length;
  for (const text of ['Bearer bad-token', 'Bearer', 'Basic good-token', 'good-token', `Bearer ${'x'.repeat(5_000)}`]) {
    assert.equal((await send(it, '/version', token(text))).status, 401, text.slice(0, 40));
  }
  assert.equal(it.requests.length, count);
  assert.equal((await send(it, '/api', { isAnonymous: true })).status, 401);
  assert.equal((await send(it, '/readyz', { isAnonymous: true })).status, 200);
});

test('a foreign Host or Origin is refused whatever the method', async (context) => {
  const it = await running(context);
  const { port } = it.server;
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']) {
    for (const headers of [
      { host: 'evil.example' },
      { host: `evil.example:${port}` },
      { host: '127.0.0.1' },
      { host: `127.0.0.1:${port}.evil.example` },
      { host: `localhost:${port}`, origin: 'https://evil.example' },
      { host: `localhost:${port}`, origin: 'null' },
      { host: `localhost:${port}`, origin: `http://localhost:${port}` },
    ]) {
      assert.equal(
        (await send(it, '/version', { method, headers })).status,
        403,
        `${method} ${JSON.stringify(headers)}`,
      );
    }
  }
  assert.deepEqual(it.requests, []);
  for (const headers of [
    { host: `localhost:${port}` },
    { host: `LOCALHOST:${port}`, origin: `https://127.0.0.1:${port}` },
  ]) {
    assert.equal((await send(it, '/version', { headers })).status, 200);
  }
});

/** Bytes as they are, over TLS. */
async function raw({ server }: Running, text: string): Promise<string> {
  const { admin, authority } = certificates;
  const socket = connectTls({
    port: server.port,
    host: '127.0.0.1',
    ca: authority,
    cert: admin.certificate,
    key: admin.privateKey,
  });
  await once(socket, 'secureConnect');
  socket.write(text);
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => {});
  await once(socket, 'close');
  return answer;
}

test('heads that two programs could read differently are refused', async (context) => {
  const it = await running(context);
  const { port } = it.server;
  const host = `Host: 127.0.0.1:${port}\r\nConnection: close\r\n`;
  for (const head of [
    `GET /version HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`,
    `GET /version HTTP/1.1\r\n${host}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n`,
    `GET https://evil.example/version HTTP/1.1\r\n${host}\r\n`,
    `GET //evil.example/version HTTP/1.1\r\n${host}\r\n`,
    `GET /version\\..\\x HTTP/1.1\r\n${host}\r\n`,
    `POST /version HTTP/1.1\r\n${host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ]) {
    assert.doesNotMatch(await raw(it, head), /^HTTP\/1\.1 200/, head.slice(0, 60));
  }
  assert.deepEqual(it.requests, []);
  assert.match(await raw(it, `GET /%zz HTTP/1.1\r\n${host}\r\n`), /^HTTP\/1\.1 400/);
  assert.match(await raw(it, `GET /version HTTP/1.1\r\n${host}X: ${'x'.repeat(20_000)}\r\n\r\n`), /^(HTTP\/1\.1 431)?/);
});

test('a body beyond the limit is 413, and three mebibytes of one-byte chunks are taken', async (context) => {
  const it = await running(context);
  const path = '/api/v1/namespaces/default/configmaps';
  const large = Buffer.alloc(3 * 1024 * 1024 + 10, 0x20);
  assert.equal((await send(it, path, { method: 'POST', body: large })).status, 413);
  const chunks = '1\r\n \r\n'.repeat(200_000);
  const body = `${chunks}${Buffer.byteLength(JSON.stringify(configMap)).toString(16)}\r\n${JSON.stringify(configMap)}\r\n0\r\n\r\n`;
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${it.server.port}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
  assert.match(await raw(it, head + body), /^HTTP\/1\.1 201/);
});

test('HTTP/2 carries many watches on one connection, and closing ends them', async (context) => {
  const it = await running(context);
  const { admin, authority } = certificates;
  const session = connectHttp2(it.server.url, { ca: authority, cert: admin.certificate, key: admin.privateKey });
  session.on('error', () => {});
  const streams = Array.from({ length: 50 }, () => session.request({ ':path': '/api/v1/configmaps?watch=1' }));
  for (const stream of streams) stream.on('error', () => {});
  await Promise.all(streams.map((stream) => once(stream, 'response')));
  const firstLine = once(streams[49]!, 'data');
  await send(it, '/api/v1/namespaces/default/configmaps', { method: 'POST', body: JSON.stringify(configMap) });
  const [chunk] = (await firstLine) as [Buffer];
  assert.match(chunk.toString(), /^\{"type":"ADDED"/);
  const ends = streams.map((stream) => once(stream, 'close'));
  await it.server.close();
  await Promise.all(ends);
  assert.equal(it.requests.filter(({ signal }) => signal.aborted).length >= 50, true);
  session.destroy();
});

test('a client that goes away ends what was done for it', async (context) => {
  let gone = (): void => {};
  const noticed = new Promise<void>((resolve) => (gone = resolve));
  const it = await running(context, ({ signal }) =>
    Promise.resolve({
      status: 200,
      headers: {},
      body: (async function* () {
        yield 'first\n';
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        gone();
      })(),
    }),
  );
  const { admin, authority } = certificates;
  const request = httpsRequest(`${it.server.url}/x`, {
    ca: authority,
    cert: admin.certificate,
    key: admin.privateKey,
    agent: false,
  });
  request.on('error', () => {});
  request.end();
  await once(request, 'response');
  request.destroy();
  await noticed;
});

test('an answer that breaks off is not ended as if it were whole', async (context) => {
  const it = await running(context, () =>
    Promise.resolve({
      status: 200,
      headers: {},
      body: (async function* () {
        yield 'half';
        throw new Error('the disk went away');
      })(),
    }),
  );
  await assert.rejects(send(it, '/x'), /aborted|ECONNRESET|socket hang up/);
});

test('certificates are kept, renewed in time, and their files are the owner’s alone', (context) => {
  const path = mkdtempSync(join(tmpdir(), 'slipway-ca-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  const now = Date.parse('2026-01-01T00:00:00Z');
  const day = 86_400_000;
  const first = ensureCertificates(path, now);
  const authority = new X509Certificate(first.authority);
  const server = new X509Certificate(first.server.certificate);
  assert.ok(server.verify(authority.publicKey));
  assert.ok(server.checkIssued(authority));
  assert.equal(server.checkHost('localhost'), 'localhost');
  assert.equal(server.checkIP('127.0.0.1'), '127.0.0.1');
  assert.equal(server.checkIP('::1'), '::1');
  assert.equal(authority.ca, true);
  assert.match(new X509Certificate(first.admin.certificate).subject, /O=system:masters\nCN=kubernetes-admin/);
  for (const name of readdirSync(path)) assert.equal(statSync(join(path, name)).mode & 0o777, 0o600, name);
  assert.deepEqual(ensureCertificates(path, now + 300 * day), first);
  const renewed = ensureCertificates(path, now + 340 * day);
  assert.equal(renewed.authority, first.authority);
  assert.notEqual(renewed.server.certificate, first.server.certificate);
  writeFileSync(join(path, 'server.key'), renewed.admin.privateKey);
  const repaired = ensureCertificates(path, now + 340 * day);
  assert.ok(
    new X509Certificate(repaired.server.certificate).verify(
      createPublicKey(authority.publicKey.export({ type: 'spki', format: 'pem' })),
    ),
  );
  assert.notEqual(repaired.server.certificate, renewed.server.certificate);
  assert.notEqual(ensureCertificates(path, now + 3_640 * day).authority, first.authority);
});

test('a kubeconfig is read as it was written, and foreign ones with files and tokens', (context) => {
  const path = mkdtempSync(join(tmpdir(), 'slipway-kubeconfig-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  const file = join(path, 'config');
  const access = {
    server: 'https://127.0.0.1:1',
    authority: certificates.authority,
    client: certificates.admin,
    namespace: 'n',
  };
  writeKubeconfig(file, access);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const { isVerificationOff: _off, serverName: _name, token: _token, ...read } = readKubeconfig(file);
  assert.deepEqual(read, access);
  writeFileSync(join(path, 'ca.pem'), certificates.authority);
  const foreign = (user: string, cluster = 'certificate-authority: ca.pem'): string =>
    `clusters: [{name: c, cluster: {server: "https://h:1/", ${cluster}}}]\nusers: [{name: u, user: {${user}}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n`;
  writeFileSync(file, foreign('token: t'));
  assert.deepEqual(readKubeconfig(file), {
    server: 'https://h:1',
    authority: certificates.authority,
    isVerificationOff: false,
    serverName: undefined,
    client: undefined,
    token: 't',
    namespace: 'default',
  });
  writeFileSync(file, foreign('exec: {command: aws}'));
  assert.throws(() => readKubeconfig(file), /fetches credentials through "exec", which is not supported/);
  assert.throws(() => readKubeconfig(file, 'nothing'), /has no entry "nothing" in contexts/);
  writeFileSync(file, '');
  assert.throws(() => readKubeconfig(file), /has no current-context/);
});
