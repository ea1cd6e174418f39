import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { cachedModel, type CachedModelOptions } from './cache-folder.ts';
import type { RemoteSource } from './model-uri.ts';

const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const sha256 = createHash('sha256').update(body).digest('hex');

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let handler: Handler;
let requests: IncomingMessage[];
let cacheFolder: string;
/** Connections to cut once so many bytes have arrived. */
let cuts: Map<number, ServerResponse>;

/** The hub of these tests: answers as each of them says. */
beforeEach(async () => {
  requests = [];
  cuts = new Map();
  cacheFolder = mkdtempSync(join(tmpdir(), 'slipway-cache-'));
  server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(cacheFolder, { recursive: true, force: true });
});

const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const source = (more: Partial<RemoteSource> = {}): RemoteSource => ({
  kind: 'remote',
  uri: 'hf://owner/repo/m.gguf',
  url: new URL(`${origin()}/owner/repo/resolve/main/m.gguf`),
  name: 'm',
  sha256: undefined,
  credentials: undefined,
  ...more,
});

const fetched = async (more: Partial<RemoteSource> = {}, options: Partial<CachedModelOptions> = {}): Promise<string> =>
  await cachedModel({
    source: source(more),
    cacheFolder,
    onProgress: (bytes) => cuts.get(bytes)?.destroy(),
    onWait: () => {},
    patience: { retryDelayMs: 0, attempts: 3 },
    ...options,
  });

/** Sends the file from where a Range header asks, as a static file server does. */
const serveFile: Handler = (request, response) => sendFrom(request, response, body.length);

function sendFrom(request: IncomingMessage, response: ServerResponse, end: number, etag = '"v1"'): void {
  const [, start = '0'] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  const from = isSame ? Number(start) : 0;
  response.writeHead(from === 0 ? 200 : 206, {
    etag,
    'content-length': body.length - from,
    ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` }),
  });
  if (end < body.length) cuts.set(end, response);
  response.write(body.subarray(from, end));
  if (end === body.length) response.end();
}

function assertWhole(path: string): void {
  const file = readFileSync(path);
  assert.equal(file.length, body.length);
  assert.ok(file.equals(body), 'another content');
}

const leftovers = (): string[] =>
  readdirSync(cacheFolder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split('/').at(-1) ?? '')
    .filter((name) => name.endsWith('.part') || name === 'lock' || name === 'model.gguf');

test('a file is downloaded once and then found in the cache', async () => {
  handler = serveFile;
  const progress: (number | undefined)[][] = [];
  const path = await fetched({}, { onProgress: (...one) => progress.push(one) });
  assertWhole(path);
  assert.deepEqual(progress.at(-1), [body.length, body.length]);
  assert.equal(await fetched(), path);
  assert.equal(requests.length, 1);
  assert.deepEqual(leftovers(), ['model.gguf']);
  const facts = JSON.parse(readFileSync(join(path, '..', 'source.json'), 'utf8')) as object;
  assert.deepEqual(facts, { uri: 'hf://owner/repo/m.gguf', bytes: body.length, sha256 });
});

test('after a cut the rest is asked for, of the same file only', async () => {
  handler = (request, response) =>
    sendFrom(request, response, requests.length < 3 ? requests.length * 100_000 : body.length);
  assertWhole(await fetched());
  assert.equal(requests.length, 3);
  const [, second] = requests;
  assert.equal(second?.headers.range, 'bytes=100000-');
  assert.equal(second?.headers['if-range'], '"v1"');
});

test('cuts that bring a little each time do not use up the patience', async () => {
  handler = (request, response) => sendFrom(request, response, Math.min(body.length, requests.length * 40_000));
  assertWhole(await fetched({}, { patience: { retryDelayMs: 0, attempts: 2 } }));
});

test('a file that changed meanwhile is begun again', async () => {
  const old = Buffer.alloc(body.length, 1);
  handler = (request, response) => {
    if (requests.length > 1) return sendFrom(request, response, body.length, '"v2"');
    response.writeHead(200, { etag: '"v1"', 'content-length': old.length });
    cuts.set(1000, response);
    response.write(old.subarray(0, 1000));
  };
  assertWhole(await fetched());
});

test('a server that ignores Range sends everything again and nothing twice', async () => {
  handler = (_, response) => {
    response.writeHead(200, { etag: '"v1"', 'content-length': body.length });
    if (requests.length > 1) return void response.end(body);
    cuts.set(1000, response);
    response.write(body.subarray(0, 1000));
  };
  assertWhole(await fetched());
});

test('without a tag or a checksum nothing is pieced together', async () => {
  handler = (_, response) => {
    response.writeHead(200, { 'content-length': body.length });
    if (requests.length > 1) return void response.end(body);
    cuts.set(1000, response);
    response.write(body.subarray(0, 1000));
  };
  assertWhole(await fetched());
  assert.equal(requests[1]?.headers.range, undefined);
});

test('the part of a process that was stopped is continued by the next', async () => {
  handler = (request, response) => sendFrom(request, response, requests.length === 1 ? 200_000 : body.length);
  await assert.rejects(fetched({}, { patience: { attempts: 1 } }), /cannot be downloaded: the connection/);
  assert.ok(leftovers().some((name) => name.endsWith('.part')));
  assertWhole(await fetched());
  assert.equal(requests[1]?.headers.range, 'bytes=200000-');
  assert.deepEqual(leftovers(), ['model.gguf']);
});

test('a wrong checksum is refused, whoever promised it, and nothing of the file is kept', async () => {
  const wrong = '0'.repeat(64);
  handler = serveFile;
  await assert.rejects(
    fetched({ sha256: wrong }),
    new RegExp(`checksum is wrong: sha256 ${sha256} instead of ${wrong}`),
  );
  handler = (_, response) => response.writeHead(200, { etag: `"${wrong}"` }).end(body);
  await assert.rejects(fetched(), /checksum is wrong/);
  assert.deepEqual(leftovers(), []);
});

test('a right checksum is accepted', async () => {
  handler = (_, response) => response.writeHead(200, { etag: `"${sha256}"` }).end(body);
  assertWhole(await fetched({ sha256 }));
});

for (const [status, message, tries] of [
  [404, /there is no such file \(HTTP 404\)/, 1],
  [401, /access is denied \(HTTP 401\).*HF_TOKEN/, 1],
  [403, /access is denied \(HTTP 403\).*HF_TOKEN/, 1],
  [410, /answered HTTP 410/, 1],
  [500, /answered HTTP 500/, 3],
  [429, /answered HTTP 429/, 3],
] as const) {
  test(`HTTP ${status} is told, after ${tries} tries`, async () => {
    handler = (_, response) => response.writeHead(status).end('<html>');
    await assert.rejects(fetched(), (error: Error) => {
      assert.match(error.message, message);
      assert.match(error.message, /^hf:\/\/owner\/repo\/m\.gguf cannot be downloaded: /);
      return true;
    });
    assert.equal(requests.length, tries);
  });
}

test('a passing failure is tried again', async () => {
  handler = (request, response) =>
    requests.length < 3 ? void response.writeHead(503).end() : serveFile(request, response);
  assertWhole(await fetched());
});

test('a server that goes silent is given up', async () => {
  handler = (_, response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 10));
  };
  await assert.rejects(fetched({}, { patience: { attempts: 1, idleTimeoutMs: 50 } }), /silent for 0\.05 seconds/);
});

test('a body shorter than announced is never taken for whole', async () => {
  handler = (_, response) => {
    response.writeHead(200, { 'content-length': body.length + 1, etag: '"v1"' });
    cuts.set(body.length, response);
    response.write(body);
  };
  await assert.rejects(fetched({}, { patience: { attempts: 1 } }), /cannot be downloaded: the connection/);
  assert.ok(!leftovers().includes('model.gguf'));
});

test('a body longer than announced is refused', async () => {
  handler = (_, response) => response.writeHead(200, { 'x-linked-size': '1000' }).end(body);
  await assert.rejects(fetched(), /announced 1000 bytes and then 300000|more than the 1000 bytes/);
  const sent = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    response.writeHead(200, { 'x-linked-size': '1000', 'transfer-encoding': 'chunked' });
    response.end(body);
  };
  handler = sent;
  await assert.rejects(fetched(), /more than the 1000 bytes/);
  assert.deepEqual(leftovers(), []);
});

test('a file that is larger than the free disk is refused before it fills it', async () => {
  handler = serveFile;
  const freeBytes = async (): Promise<number> => 64 * 1024 * 1024 + 100_000;
  await assert.rejects(
    fetched({}, { patience: { freeBytes } }),
    /the disk is too full: 300000 bytes are still to come/,
  );
});

test('compressed answers are refused', async () => {
  handler = (_, response) =>
    response
      .writeHead(200, { 'content-encoding': 'gzip' })
      .end(Buffer.from('H4sIAAAAAAAAA0tMTAQAmMhpeAMAAAA=', 'base64'));
  await assert.rejects(fetched(), /compressed/);
});

test('a redirect within the host is followed, and what it announces counts', async () => {
  handler = (request, response) => {
    if (request.url !== '/blob') {
      response
        .writeHead(302, { location: '/blob', 'x-linked-etag': `"${sha256}"`, 'x-linked-size': body.length })
        .end();
    } else {
      serveFile(request, response);
    }
  };
  assertWhole(await fetched());
});

test('a redirect that announces another checksum than the file has is refused', async () => {
  handler = (request, response) => {
    if (request.url !== '/blob')
      response.writeHead(302, { location: '/blob', 'x-linked-etag': `"${'1'.repeat(64)}"` }).end();
    else serveFile(request, response);
  };
  await assert.rejects(fetched(), /checksum is wrong/);
});

for (const location of [
  'http://169.254.169.254/latest',
  'http://127.0.0.1:1/x',
  'file:///etc/passwd',
  'ftp://host/x',
]) {
  test(`a redirect to ${location} is refused`, async () => {
    handler = (_, response) => response.writeHead(302, { location }).end();
    await assert.rejects(fetched(), /a redirect to .* is refused: only https or the same host/);
    assert.equal(requests.length, 1);
  });
}

test('redirects in a circle end', async () => {
  handler = (_, response) => response.writeHead(302, { location: '/again' }).end();
  await assert.rejects(fetched(), /more than 10 redirects/);
});

test('the token goes to its own origin and nowhere else', async () => {
  handler = serveFile;
  await fetched({ credentials: { origin: origin(), token: 'secret' } });
  assert.equal(requests[0]?.headers.authorization, 'Bearer secret');
  const url = new URL(`${origin()}/other.gguf`);
  await fetched({ url, credentials: { origin: 'https://huggingface.co', token: 'secret' } });
  assert.equal(requests[1]?.headers.authorization, undefined);
});

test('an address cannot leave the cache folder', async () => {
  handler = serveFile;
  const path = await fetched({ url: new URL(`${origin()}/%2e%2e/%2e%2e/%2e%2e/etc/cron.d/x`) });
  assert.ok(path.startsWith(`${cacheFolder}/`));
  assert.match(path.slice(cacheFolder.length), /^\/[0-9a-f]{32}\/model\.gguf$/);
});

test('many at once download once', async () => {
  let waited = 0;
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  handler = (request, response) => void gate.then(() => serveFile(request, response));
  const onWait = (): void => {
    if (++waited === 3) release();
  };
  const paths = await Promise.all(Array.from({ length: 4 }, async () => await fetched({}, { onWait })));
  assert.equal(new Set(paths).size, 1);
  assert.equal(requests.length, 1);
  assert.deepEqual(leftovers(), ['model.gguf']);
});

test('the lock of a process that was killed is taken over, and its part continued', async () => {
  handler = (request, response) => {
    if (requests.length > 1) return serveFile(request, response);
    response.writeHead(200, { etag: '"v1"', 'content-length': body.length });
    response.write(body.subarray(0, 150_000));
  };
  const script = `
    const { cachedModel } = await import(${JSON.stringify(join(import.meta.dirname, 'cache-folder.ts'))});
    const { source, cacheFolder } = JSON.parse(process.argv[1]);
    await cachedModel({ source: { ...source, url: new URL(source.url) }, cacheFolder, onWait() {},
      onProgress: (bytes) => bytes >= 150_000 && console.log('half') });`;
  const child = spawn(
    process.execPath,
    ['--input-type=module-typescript', '-e', script, JSON.stringify({ source: source(), cacheFolder })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  after(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await gone;
  assert.ok(leftovers().includes('lock'));
  assertWhole(await fetched());
  assert.equal(requests[1]?.headers.range, 'bytes=150000-');
  assert.deepEqual(leftovers(), ['model.gguf']);
});

test('a cache folder that cannot be written is named', async () => {
  handler = serveFile;
  const file = join(cacheFolder, 'file');
  writeFileSync(file, '');
  await assert.rejects(fetched({}, { cacheFolder: file }), /the model cache .*\/file cannot be used: ENOTDIR/);
  assert.ok(existsSync(file));
});
