import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { completionOf, ModelServerProcess, until } from '../../../test/model-server-process.ts';
import { writeGguf } from '../../../tools/tiny-chat/gguf-writer.ts';
import { llamaMetadata, llamaTensors, tinyChatShape } from '../../../tools/tiny-chat/llama-model.ts';
import { randomWeights, tinyChatVocabulary } from '../../../tools/tiny-chat/random-model.ts';

const tinyChat = join(import.meta.dirname, '..', '..', '..', 'models', 'tiny-chat', 'tiny-chat-f16.gguf');
const folder = mkdtempSync(join(tmpdir(), 'slipway-llm-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const failed = async (
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stderr: string; stdout: string }> => {
  await using server = ModelServerProcess.launch('llm', args, env);
  const { code } = await server.exited;
  return { code, stderr: server.stderr, stdout: server.stdout };
};

test('a file that does not load is one clear line, in the termination log too', async () => {
  const broken = join(folder, 'broken.gguf');
  writeFileSync(broken, Buffer.concat([Buffer.from('GGUF'), Buffer.from([3, 0, 0, 0]), Buffer.alloc(64, 0xff)]));
  const log = join(folder, 'termination-log');
  const { code, stderr } = await failed(['--port', '0', '--model', `file://${broken}`], {
    SLIPWAY_TERMINATION_LOG: log,
  });
  assert.equal(code, 1);
  assert.match(stderr, /^the model file \S+broken\.gguf is no usable GGUF: .*\n$/);
  assert.equal(readFileSync(log, 'utf8'), stderr.trimEnd());
});

test('a file that is no model for this engine is one clear line', async () => {
  const odd = join(folder, 'odd.gguf');
  const bytes = readFileSync(tinyChat);
  bytes.write('lamma', bytes.indexOf('llama'));
  writeFileSync(odd, bytes);
  const { code, stderr } = await failed(['--port', '0', '--model', odd]);
  assert.equal(code, 1);
  assert.match(stderr, /^the model file \S+odd\.gguf does not load: [^\n]*\n$/);
});

test('damage that makes the engine abort is told in the termination log, and only then', async () => {
  const path = join(folder, 'abort.gguf');
  const vocabulary = tinyChatVocabulary();
  const { 'llama.feed_forward_length': _, ...metadata } = llamaMetadata('x', tinyChatShape, vocabulary, 'f16');
  writeGguf(path, metadata, llamaTensors(tinyChatShape, vocabulary.tokens.length, 'f16'), randomWeights(1));
  const log = join(folder, 'termination-log-abort');
  const { code, stderr } = await failed(['--port', '0', '--model', path], { SLIPWAY_TERMINATION_LOG: log });
  assert.notEqual(code, 0, stderr);
  assert.match(readFileSync(log, 'utf8'), /^the (engine broke off while it loaded|model file) \S+abort\.gguf/);
  await using server = await ModelServerProcess.ready('llm', ['--model', tinyChat], { SLIPWAY_TERMINATION_LOG: log });
  assert.ok(server.url !== '' && !existsSync(log));
});

test('a missing file is named', async () => {
  const { code, stderr } = await failed(['--port', '0', '--model', 'file:///nowhere/model.gguf']);
  assert.equal(code, 1);
  assert.equal(stderr, 'the model file /nowhere/model.gguf does not exist\n');
});

test('more context than the model was trained for is refused', async () => {
  const { code, stderr } = await failed(['--port', '0', '--model', 'builtin://tiny-chat', '--context', '512']);
  assert.equal(code, 1);
  assert.match(stderr, /--context 512 is more than the 256 tokens/);
});

test('wrong flags are exit code 2 with the flag and where help is', async () => {
  for (const [args, message] of [
    [['--modell', 'x'], /--modell/],
    [['--model', 'ftp://host/x.gguf'], /ftp:\/\/ is not served/],
    [[], /--model is missing/],
  ] as const) {
    const { code, stderr } = await failed(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.match(stderr, /see --help\n$/);
  }
});

test('--help names every flag', async () => {
  const { code, stdout } = await failed(['--help']);
  assert.equal(code, 0);
  for (const flag of [
    '--host',
    '--port',
    '--model',
    '--model-name',
    '--parallel',
    '--context',
    '--cache-dir',
    '--drain-seconds',
  ]) {
    assert.ok(stdout.includes(flag), flag);
  }
});

test('an address in use is one clear line', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => blocker.once('listening', resolve));
  const { port } = blocker.address() as { port: number };
  const { code, stderr } = await failed(['--model', 'builtin://tiny-chat', '--port', String(port)]);
  blocker.close();
  assert.equal(code, 1);
  assert.equal(stderr, `cannot listen on 127.0.0.1:${port}: the address is in use\n`);
});

test('health tells how far the download is, and then the model answers', async () => {
  const file = readFileSync(tinyChat);
  let goOn = (): void => {};
  const paths: string[] = [];
  const hub = createServer((request, response) => {
    paths.push(request.url ?? '');
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, 1000));
    goOn = () => response.end(file.subarray(1000));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => hub.once('listening', resolve));
  const { port } = hub.address() as { port: number };
  await using server = await ModelServerProcess.listening(
    'llm',
    ['--model', 'hf://owner/repo/tiny.gguf@v1', '--cache-dir', join(folder, 'cache'), '--max-tokens-default', '4'],
    { HF_ENDPOINT: `http://127.0.0.1:${port}` },
  );
  const health = async (): Promise<Record<string, unknown>> =>
    (await (await server.get('/health')).json()) as Record<string, unknown>;
  await until(async () => (await health())['receivedBytes'] === 1000);
  const during = await server.get('/health');
  assert.equal(during.status, 503);
  assert.deepEqual(await during.json(), {
    phase: 'downloading',
    receivedBytes: 1000,
    totalBytes: file.length,
    durations: { loadMs: ((await health()) as { durations: { loadMs: number } }).durations.loadMs },
  });
  const early = await server.post('/v1/chat/completions', { model: 'tiny', messages: [] });
  assert.equal(early.status, 503);
  assert.equal((await completionOf(early)).error?.code, 'model_not_ready');
  goOn();
  await server.becomesReady();
  hub.close();
  assert.deepEqual(paths, ['/owner/repo/resolve/v1/tiny.gguf']);
  const answer = await server.post('/v1/completions', {
    model: 'tiny',
    prompt: 'user: hello\nassistant:',
    temperature: 0,
  });
  assert.equal((await completionOf(answer)).choices[0]?.text, 'hello ! I am', 'four tokens, as the flag says');
  assert.ok(Number(((await health())['durations'] as Record<string, number>)['downloadMs']) >= 0);
});
