/**
 * `npm test`: every check of the project in the order of what it costs, each with its time.
 * `npm test -- unit local` runs only those steps; `npm test -- --list` names them.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

interface Step {
  readonly name: string;
  readonly what: string;
  readonly command: () => readonly string[];
}

const node = (...args: string[]): string[] => [process.execPath, ...args];
const testFiles = (...patterns: string[]): string[] => globSync(patterns, { cwd: root }).toSorted();

/** Rooms whose tests touch the machine get a process a file; pure ones share one, which is 50 times quicker. */
const machineTests = ['src/{host,worlds,cli,model-servers}/**/*.test.ts', 'tools/**/*.test.ts'];
const pureTests = testFiles('src/**/*.test.ts').filter((file) => !/^src\/(host|worlds|cli|model-servers)\//.test(file));

const steps: readonly Step[] = [
  { name: 'format', what: 'oxfmt', command: () => node(bin('oxfmt'), '--check', '.') },
  { name: 'types', what: 'tsc, every room', command: () => node(bin('tsc'), '-p', 'tsconfig.json') },
  {
    name: 'walls',
    what: 'tsc, pure rooms without the machine',
    command: () => node(bin('tsc'), '-p', 'tsconfig.pure.json'),
  },
  { name: 'lint', what: 'oxlint, type-aware', command: () => node(bin('oxlint'), '--type-aware', '--deny-warnings') },
  {
    name: 'unit',
    what: 'pure rooms and the tidiness of the tree',
    command: () => node('--test', '--test-isolation=none', ...pureTests, 'test/tidy.test.ts'),
  },
  {
    name: 'machine',
    what: 'processes, sockets, disks, model servers',
    command: () => node('--test', `--test-concurrency=${availableParallelism()}`, ...testFiles(...machineTests)),
  },
  {
    name: 'scenarios',
    what: 'the twin on its virtual clock',
    command: () => node('--test', ...testFiles('test/scenarios/**/*.test.ts')),
  },
  {
    name: 'kubectl',
    what: 'the real kubectl against the engine',
    command: () => node('--test', '--test-concurrency=1', ...testFiles('test/kubectl/**/*.test.ts')),
  },
  {
    name: 'local',
    what: 'npm start with real processes and models',
    command: () => node('--test', '--test-concurrency=1', ...testFiles('test/local/**/*.test.ts')),
  },
];

const wanted = process.argv.slice(2);
if (wanted.includes('--list') || wanted.includes('--help')) {
  for (const { name, what } of steps) console.log(`${name.padEnd(10)} ${what}`);
  process.exit(0);
}
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`no step named ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const results: { name: string; seconds: number; code: number }[] = [];
for (const step of steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  console.log(`\n── ${step.name}: ${step.what}`);
  const begun = performance.now();
  const [program = '', ...args] = step.command();
  const code = await run(program, args);
  results.push({ name: step.name, seconds: (performance.now() - begun) / 1000, code });
  // The later steps build on what these find: a type error would only be told again, less clearly.
  if (code !== 0 && step.name === 'types') break;
}

console.log('');
for (const { name, seconds, code } of results)
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${seconds.toFixed(1)} s`);
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;

function run(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
