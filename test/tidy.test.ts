import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');

/** Which rooms a room may import, beside itself. What is not listed is a wall. */
const below: Readonly<Record<string, readonly string[]>> = {
  std: [],
  api: ['std'],
  machinery: ['std', 'api'],
  apiserver: ['std', 'api', 'machinery'],
  controllers: ['std', 'api', 'machinery'],
  scheduler: ['std', 'api', 'machinery'],
  autoscaling: ['std', 'api', 'machinery'],
  node: ['std', 'api', 'machinery'],
  gateway: ['std', 'api', 'machinery'],
  inference: ['std', 'api', 'machinery'],
  twin: [
    'std',
    'api',
    'machinery',
    'apiserver',
    'controllers',
    'scheduler',
    'autoscaling',
    'node',
    'gateway',
    'inference',
  ],
  // The machine implements the ports of the peers: it needs their types, and the twin's never.
  host: ['std', 'api', 'machinery', 'apiserver', 'node', 'gateway', 'autoscaling', 'inference', 'controllers'],
  // Processes of their own that pods run: they know nothing of Kubernetes.
  'model-servers': ['std'],
  worlds: [
    'std',
    'api',
    'machinery',
    'apiserver',
    'controllers',
    'scheduler',
    'autoscaling',
    'node',
    'gateway',
    'inference',
    'twin',
    'host',
  ],
  cli: ['std', 'api', 'machinery', 'host', 'worlds'],
};

const pureRooms = Object.keys(below).filter((room) => !['host', 'model-servers', 'worlds', 'cli'].includes(room));

/** Programs: nobody imports them, something starts them. */
const entryPoints = [
  'src/cli/main.ts',
  'src/worlds/gateway.ts',
  'src/host/process-runtime/shim.ts',
  'src/model-servers/llm/main.ts',
  'src/model-servers/embed/main.ts',
  'src/model-servers/sim/main.ts',
  // Killed by a test in the middle of its writing.
  'src/host/disk-journal.writer.ts',
];

const drawer =
  /(^|\/)(utils?|helpers?|common|misc|shared|types|constants)(\.ts$|\/)|-(utils?|helpers?|common|misc)\.ts$/;

const files = list('src');
const sources = files.filter((file) => !file.endsWith('.test.ts'));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function list(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.ts') && statSync(join(root, name)).isFile())
    .toSorted();
}

/** Static, dynamic and type-only imports, comments aside. Relative ones as paths from the root. */
function importsOf(file: string): { specifier: string; path: string | undefined }[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const found: { specifier: string; path: string | undefined }[] = [];
  for (const [, specifier = ''] of text.matchAll(/^(?!\s*\/\/).*?(?:\bfrom\s+|\bimport\s*\(?\s*)'([^']+)'/gm)) {
    found.push({
      specifier,
      path: specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : undefined,
    });
  }
  return found;
}

const roomOf = (file: string): string => file.split('/')[1] ?? '';

test('imports point only to rooms below', () => {
  const breaches: string[] = [];
  for (const file of sources) {
    const room = roomOf(file);
    for (const { path } of imports.get(file) ?? []) {
      if (path === undefined) continue;
      const target = roomOf(path);
      if (!path.startsWith('src/')) breaches.push(`${file} reaches outside src: ${path}`);
      else if (target !== room && below[room]?.includes(target) !== true)
        breaches.push(`${file} (${room}) imports ${path} (${target})`);
    }
  }
  assert.deepEqual(breaches, []);
});

test('pure rooms import no module of the machine and ask no ambient clock or chance', () => {
  const ambient =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\bsetTimeout\b|\bsetInterval\b|\bprocess\.|\bBuffer\b|\bconsole\./;
  const allowed = new Set(['yaml']);
  const breaches: string[] = [];
  for (const file of sources.filter((name) => pureRooms.includes(roomOf(name)))) {
    for (const { specifier, path } of imports.get(file) ?? [])
      if (path === undefined && !allowed.has(specifier)) breaches.push(`${file} imports ${specifier}`);
    const code = readFileSync(join(root, file), 'utf8')
      .replaceAll(/\/\*[\s\S]*?\*\//g, '')
      .replaceAll(/\/\/.*$/gm, '')
      .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''");
    const match = ambient.exec(code);
    if (match !== null) breaches.push(`${file} says ${match[0]}`);
  }
  assert.deepEqual(breaches, []);
});

test('no drawers: files and folders are named for what they hold', () => {
  assert.deepEqual(
    files.filter((file) => drawer.test(file)),
    [],
  );
});

test('every source file is imported by another, is a program, or serves several tests', () => {
  const reached = new Set(sources.flatMap((file) => (imports.get(file) ?? []).flatMap(({ path }) => path ?? [])));
  const fromTools = ['test', 'bench', 'tools']
    .flatMap(list)
    .flatMap((file) => importsOf(file).flatMap(({ path }) => path ?? []));
  for (const path of fromTools) reached.add(path);
  // What only its own test imports is used by nobody; what other tests import is their common ground.
  for (const file of files.filter((name) => name.endsWith('.test.ts'))) {
    for (const { path } of imports.get(file) ?? [])
      if (path !== undefined && path !== file.replace('.test.ts', '.ts')) reached.add(path);
  }
  assert.deepEqual(
    sources.filter((file) => !reached.has(file) && !entryPoints.includes(file)),
    [],
  );
});

test('every room is in the table above and in ARCHITECTURE.md', () => {
  const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const rooms = readdirSync(join(root, 'src'));
  assert.deepEqual(
    rooms.filter((room) => below[room] === undefined),
    [],
    'rooms without a line in the table of imports',
  );
  assert.deepEqual(
    rooms.filter((room) => !architecture.includes(`${room}/`)),
    [],
    'rooms that ARCHITECTURE.md does not name',
  );
});

test('a folder that holds a component says what it is for', () => {
  const components = new Set(
    sources.filter((file) => /\/(controller|decide)\.ts$/.test(file)).map((file) => dirname(file)),
  );
  const silent = [...components].filter((folder) => {
    try {
      return readFileSync(join(root, folder, 'README.md'), 'utf8').split('\n').length < 8;
    } catch {
      return true;
    }
  });
  assert.deepEqual(silent.toSorted(), []);
});

test('the walls of the compiler stand around exactly the pure rooms', () => {
  const text = readFileSync(join(root, 'tsconfig.pure.json'), 'utf8');
  const walled = [...text.matchAll(/"src\/([a-z-]+)"/g)].map(([, room]) => room ?? '');
  assert.deepEqual(walled.toSorted(), pureRooms.toSorted());
});

test('no test is skipped without a reason or left alone', () => {
  const breaches: string[] = [];
  for (const file of [...files.filter((name) => name.endsWith('.test.ts')), ...list('test')]) {
    if (file.endsWith('tidy.test.ts')) continue;
    const text = readFileSync(join(root, file), 'utf8');
    if (/\b(test|it|describe|suite)\.only\b/.test(text) || /\bskip: true\b|\.skip\('[^']*',/.test(text))
      breaches.push(file);
  }
  assert.deepEqual(breaches, []);
});

test('dependencies have exact versions, a reason in CONTRIBUTING.md and no pinned address', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  for (const [name, version] of Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'] })) {
    assert.match(version, /^\d+\.\d+\.\d+$/, `${name} is not pinned`);
    assert.ok(contributing.includes(name), `CONTRIBUTING.md does not say what ${name} is for`);
  }
  assert.ok(!readFileSync(join(root, 'package-lock.json'), 'utf8').includes('"resolved": "http'));
});
