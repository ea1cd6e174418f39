import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestEngine } from '../engine.ts';
import { ask } from './ask.ts';

const root = join(import.meta.dirname, '..', '..');
let engine: TestEngine;

before(async () => {
  engine = await TestEngine.start(['-f', 'examples/chat.yaml']);
  await engine.until('the model is Ready', async () => engine.output.includes('OpenAI base URL'));
});
after(async () => await engine[Symbol.asyncDispose]());

const slipway = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(join(root, 'slipway'), args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    timeout: 60_000,
  });

const inference = (name: string, model: string): string =>
  `apiVersion: slipway.dev/v1alpha1\nkind: Inference\nmetadata: { name: ${name} }\nspec: { model: '${model}' }\n`;

/** Applies an Inference whose model cannot be served and returns what its status says. */
async function reasonOf(name: string, model: string, expected: RegExp): Promise<string> {
  const { code, stderr } = await engine.kubectlOutcome(['apply', '-f', '-'], inference(name, model));
  assert.equal(code, 0, stderr);
  const reason = await engine.until(`${name} says why`, async () => {
    const { status } = await engine.json<{ status?: { phase?: string; reason?: string } }>('get', 'inference', name);
    return expected.test(status?.reason ?? '') && `${status?.phase}: ${status?.reason}`;
  });
  await engine.kubectl('delete', 'inference', name);
  return reason;
}

test('a model file that is missing is named in the status', async () => {
  await reasonOf(
    'missing',
    'file:///nowhere/model.gguf',
    /\/nowhere\/model\.gguf.*(not exist|no such file|not found|missing)/i,
  );
});

test('a GGUF that does not load says so', async () => {
  const file = join(engine.dataDir, 'broken.gguf');
  writeFileSync(file, Buffer.concat([Buffer.from('GGUF'), Buffer.from([3, 0, 0, 0]), Buffer.alloc(64, 0xff)]));
  await reasonOf('broken', `file://${file}`, /GGUF/i);
});

test('a model of a kind that nothing serves says what is accepted', async () => {
  const { code, stderr } = await engine.kubectlOutcome(['apply', '-f', '-'], inference('odd', 'ftp://host/model.bin'));
  assert.equal(code, 1);
  assert.match(stderr, /spec\.model/);
});

test('while others fail, the first model serves on', async () => {
  assert.equal((await ask(engine.gateway, 'what is a pod ?')).status, 200);
});

test('requests beyond the limits get a clear answer and harm nobody', async () => {
  const post = (body: string): Promise<Response> =>
    fetch(`${engine.gateway}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  const large = await post(
    JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'x'.repeat(5 * 1024 * 1024) }] }),
  );
  assert.equal(large.status, 413);
  assert.match(await large.text(), /4 MiB|4194304|too large/i);
  const deep = await post(`{"model":"chat","messages":${'['.repeat(200)}${']'.repeat(200)}}`);
  assert.equal(deep.status, 400);
  const broken = await post('{"model":');
  assert.equal(broken.status, 400);
  const long = await ask(engine.gateway, 'pod '.repeat(5000));
  assert.equal(long.status, 400);
  assert.match(long.text, /context/);
  assert.equal((await ask(engine.gateway, 'what is a pod ?')).status, 200);
});

test('a busy port is named, with the way out', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => blocker.once('listening', resolve));
  const { port } = blocker.address() as { port: number };
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-test-'));
  const { status, stderr } = slipway('up', '--data-dir', dataDir, '--port', String(port));
  blocker.close();
  rmSync(dataDir, { recursive: true, force: true });
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`port ${port} .*in use`));
  assert.match(stderr, /--port 0/);
});

test('a second engine on the same folder is refused, one beside it is not', async () => {
  const { status, stderr } = slipway('up', '--data-dir', engine.dataDir, '--port', '0');
  assert.equal(status, 1);
  assert.match(stderr, /already runs/);
  await using beside = await TestEngine.start();
  assert.match(await beside.kubectl('get', 'namespaces'), /default\s+Active/);
  assert.notEqual(beside.record.server, engine.record.server);
});

test('a wrong file is refused with its path and the engine stays up', async () => {
  const file = join(engine.dataDir, 'wrong.yaml');
  writeFileSync(
    file,
    inference('wrong', 'builtin://tiny-chat').replace('spec: {', 'spec: { replicas: { min: 5, max: wide }, '),
  );
  const { status, stderr } = slipway('apply', '--data-dir', engine.dataDir, '-f', file);
  assert.equal(status, 1);
  assert.match(stderr, /spec\.replicas\.max/);
  assert.equal((await ask(engine.gateway, 'what is a pod ?')).status, 200);
});

test('status and chat work as a user would use them', () => {
  const text = slipway('status', '--data-dir', engine.dataDir).stdout;
  assert.match(text, /chat\s+Ready/);
  const { stdout } = slipway('chat', '--data-dir', engine.dataDir, 'chat', '-m', 'What is a pod?');
  assert.match(stdout, /a pod is a part of the cluster/);
  assert.equal(slipway('chat', '--data-dir', engine.dataDir, 'nobody', '-m', 'hello').status, 1);
});

test('a torn tail of the journal costs nothing that was acknowledged', async () => {
  await engine.kubectl('create', 'configmap', 'before-the-tear');
  await engine.kill9();
  const journal = join(engine.dataDir, 'journal');
  const [last] = readdirSync(journal)
    .map((name) => join(journal, name))
    .filter((path) => statSync(path).isFile() && statSync(path).size > 0 && /\/log\.\d+$/.test(path))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  assert.ok(last !== undefined, 'there is a journal');
  appendFileSync(last, Buffer.from('half a record that never got its check'));
  await engine.restart();
  assert.match(await engine.kubectl('get', 'configmap', 'before-the-tear'), /before-the-tear/);
  assert.equal((await ask(engine.gateway, 'what is a pod ?')).status, 200);
});

/** A disk is busy until the last process that used it is gone, for which the kernel may take a moment. */
async function unmount(folder: string): Promise<void> {
  for (let tries = 0; spawnSync('umount', [folder]).status !== 0; tries++) {
    if (tries > 100) throw new Error(`${folder} stays busy`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;

test(
  'a full disk refuses writes, keeps everything acknowledged, and is over when there is space',
  { skip: canMount ? false : 'needs root, to mount a small disk' },
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'slipway-full-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', dataDir]);
    assert.equal(mounted.status, 0, String(mounted.stderr));
    try {
      const small = await TestEngine.start([], dataDir);
      const create = (name: string): ReturnType<TestEngine['kubectlOutcome']> =>
        small.kubectlOutcome(['create', 'configmap', name, '--from-literal', `text=${'x'.repeat(1000)}`]);
      try {
        assert.equal((await create('before')).code, 0);
        spawnSync('dd', ['if=/dev/zero', `of=${join(dataDir, 'filler')}`, 'bs=1M']);
        let refused: Awaited<ReturnType<typeof create>> | undefined;
        const acknowledged = ['before'];
        for (let i = 0; i < 20 && refused === undefined; i++) {
          const outcome = await create(`full-${i}`);
          if (outcome.code === 0) acknowledged.push(`full-${i}`);
          else refused = outcome;
        }
        assert.match(refused?.stderr ?? 'never refused', /no space left|disk/i);
        assert.match(await small.kubectl('get', 'configmap', 'before'), /before/);
        rmSync(join(dataDir, 'filler'));
        await small.until('writes are taken again', async () => (await create('after')).code === 0);
        await small.kill9();
        await small.restart();
        const names = await small.kubectl('get', 'configmaps', '-o', 'name');
        for (const name of [...acknowledged, 'after']) assert.match(names, new RegExp(`configmap/${name}\\b`));
      } finally {
        await small.interrupt();
      }
    } finally {
      await unmount(dataDir);
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
);

test('detached, the command returns when the models are Ready, and down ends it', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-test-'));
  try {
    const { status, stdout, stderr } = slipway(
      'up',
      '--data-dir',
      dataDir,
      '--port',
      '0',
      '--detach',
      '-f',
      'examples/chat.yaml',
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /OpenAI base URL/);
    const facts = JSON.parse(slipway('status', '--data-dir', dataDir, '-o', 'json').stdout) as {
      engine: { pid: number; gateway: string };
      pods: unknown[];
    };
    assert.ok(facts.engine.pid > 0);
    assert.ok(facts.pods.length >= 2);
    assert.equal(slipway('down', '--data-dir', dataDir).status, 0);
    assert.equal(slipway('status', '--data-dir', dataDir).status, 1);
  } finally {
    slipway('down', '--data-dir', dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
});
