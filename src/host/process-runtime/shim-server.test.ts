import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { ShimError, ShimServer } from './shim-server.ts';
import { lineBytesMax, parseRequest } from './shim-requests.ts';

interface Peer {
  readonly socket: Socket;
  readonly say: (text: string | Buffer) => void;
  /** The next line, or undefined when the connection has ended. */
  readonly hears: () => Promise<string | undefined>;
}

/** A server that answers `status` and fails everything else, and a way to speak to it. */
async function serving(context: TestContext): Promise<{ peer: () => Promise<Peer>; server: ShimServer }> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-shim-'));
  const server = new ShimServer(
    ({ op }) => (op === 'status' ? Promise.resolve('fine') : Promise.reject(new ShimError('No', op))),
    () => ({ containers: [] }),
  );
  const path = join(folder, 'shim.sock');
  await server.listen(path);
  const sockets: Socket[] = [];
  context.after(async () => {
    for (const socket of sockets) socket.destroy();
    await server.close();
    rmSync(folder, { recursive: true });
  });
  return {
    server,
    peer: async () => {
      const socket = connect(path);
      sockets.push(socket);
      await once(socket, 'connect');
      const lines: string[] = [];
      const waiting: ((line: string | undefined) => void)[] = [];
      let rest = '';
      let hasEnded = false;
      socket.on('data', (chunk: Buffer) => {
        const parts = (rest + chunk.toString('utf8')).split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) (waiting.shift() ?? ((text: string | undefined) => lines.push(text ?? '')))(line);
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        hasEnded = true;
        for (const resolve of waiting.splice(0)) resolve(undefined);
      });
      return {
        socket,
        say: (text) => void socket.write(text),
        hears: () =>
          new Promise((resolve) => (lines.length > 0 || hasEnded ? resolve(lines.shift()) : waiting.push(resolve))),
      };
    },
  };
}

test('a peer is greeted with the containers, and asked and answered line by line', async (context) => {
  const { peer } = await serving(context);
  const { say, hears } = await peer();
  assert.equal(await hears(), '{"containers":[]}');
  say('{"id":1,"op":"status"}\n{"id":2,"op":"shut');
  assert.equal(await hears(), '{"id":1,"result":"fine"}');
  say('down"}\n');
  assert.equal(await hears(), '{"id":2,"error":{"reason":"No","message":"shutdown"}}');
});

const hostile: readonly { what: string; line: string | Buffer }[] = [
  { what: 'no JSON', line: 'hello' },
  { what: 'an empty line', line: '' },
  { what: 'bytes that are no text', line: Buffer.from([0xff, 0xfe, 0x00]) },
  { what: 'a list', line: '[]' },
  { what: 'null', line: 'null' },
  { what: 'deep nesting', line: '['.repeat(100_000) },
  { what: 'no id', line: '{"op":"status"}' },
  { what: 'an id that is no number', line: '{"id":"1","op":"status"}' },
  { what: 'an unknown op', line: '{"id":1,"op":"constructor"}' },
  { what: 'a relative program', line: start({ argv: ['sh'] }) },
  { what: 'no program', line: start({ argv: [] }) },
  { what: 'a program with a zero byte', line: start({ argv: ['/bin/sh\0'] }) },
  { what: 'a name that leads out of the folder', line: start({ name: '../../etc' }) },
  { what: 'an endless name', line: start({ name: 'a'.repeat(100) }) },
  { what: 'a negative attempt', line: start({ attempt: -1 }) },
  { what: 'a fractional attempt', line: start({ attempt: 0.5 }) },
  { what: 'a variable with an equals sign in its name', line: start({ env: { 'A=B': '' } }) },
  { what: 'a variable that is no text', line: start({ env: { A: 1 } }) },
  { what: 'a relative folder', line: start({ cwd: '.' }) },
  { what: 'a group of no version', line: start({ cgroup: { version: 3, folders: [] } }) },
  { what: 'a group that is no path', line: start({ cgroup: { version: 1, folders: [1] } }) },
  { what: 'a grace beyond all timers', line: '{"id":1,"op":"stop","name":"main","graceMs":1e12}' },
  { what: 'a signal that is none', line: '{"id":1,"op":"signal","name":"main","signal":"9; rm"}' },
  { what: 'an empty command', line: '{"id":1,"op":"exec","name":"main","command":[],"timeoutMs":1}' },
];

function start(change: object): string {
  const container = { name: 'main', attempt: 0, containerID: 'x', argv: ['/bin/sh'], env: {}, cwd: '/', ...change };
  return JSON.stringify({ id: 1, op: 'start', container });
}

for (const { what, line } of hostile) {
  test(`a peer that says ${what} is cut off, and the next one is served`, async (context) => {
    const { peer } = await serving(context);
    const bad = await peer();
    await bad.hears();
    bad.say(Buffer.concat([Buffer.from(line), Buffer.from('\n{"id":5,"op":"status"}\n')]));
    assert.equal(await bad.hears(), undefined);
    const good = await peer();
    await good.hears();
    good.say('{"id":1,"op":"status"}\n');
    assert.equal(await good.hears(), '{"id":1,"result":"fine"}');
  });
}

test('a variable named __proto__ stays a variable', () => {
  const request = parseRequest(
    '{"id":1,"op":"start","container":{"name":"a","attempt":0,"containerID":"x","argv":["/a"],"cwd":"/","env":{"__proto__":"x"}}}',
  );
  assert.ok(request.op === 'start');
  assert.deepEqual(Object.entries(request.container.env), [['__proto__', 'x']]);
});

test('whatever a line holds, it is a request or an error, never something else', () => {
  const words = fc.constantFrom(
    'id',
    'op',
    'start',
    'stop',
    'exec',
    'name',
    'container',
    'argv',
    'env',
    'main',
    '/bin/sh',
    '__proto__',
  );
  const json = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      words,
      fc.integer(),
      fc.constant(null),
      fc.dictionary(words, tie('any')),
      fc.array(tie('any')),
    ),
  })).any;
  fc.assert(
    fc.property(
      fc.oneof(
        json.map((value) => JSON.stringify(value)),
        fc.string(),
      ),
      (line) => {
        try {
          assert.ok(Number.isInteger(parseRequest(line).id));
        } catch (error) {
          assert.ok(error instanceof Error && !(error instanceof TypeError), String(error));
        }
      },
    ),
  );
});

test('a line without an end is cut off once it is too long', async (context) => {
  const { peer } = await serving(context);
  const { say, hears } = await peer();
  await hears();
  say(Buffer.alloc(lineBytesMax + 2, 'x'));
  assert.equal(await hears(), undefined);
});

test('a peer that reads nothing is cut off rather than remembered', async (context) => {
  const { peer, server } = await serving(context);
  const { socket } = await peer();
  socket.pause();
  const closed = once(socket, 'close');
  const containers = [
    { name: 'x'.repeat(1024 * 1024), attempt: 0, containerID: '', state: 'running' as const, startedAt: 0 },
  ];
  for (let i = 0; i < 40; i++) server.broadcast({ containers });
  socket.resume();
  await closed;
});

test('only so many peers are let in', async (context) => {
  const { peer } = await serving(context);
  const peers = await Promise.all(Array.from({ length: 20 }, peer));
  const greetings = await Promise.all(peers.map(({ hears }) => hears()));
  assert.equal(greetings.filter((line) => line !== undefined).length, 16);
});
