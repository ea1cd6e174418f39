/**
 * The process between the engine and one pod: parent of the pod's containers, keeper of their logs and exit codes.
 * Started with the pod's folder as its argument, it outlives the engine and ends when it is told to. It imports as
 * little as it can: there is one a pod.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { flushCompileCache } from 'node:module';
import { readJsonFile, writeJsonFile } from './atomic-file.ts';
import { join } from './cgroup-scope.ts';
import { parseShimState, type ContainerRecord, type ShimState } from './container-record.ts';
import { PipePool } from './output-pipes.ts';
import { podFiles } from './pod-files.ts';
import { bootId, readProcess } from './process-table.ts';
import { ShimError, ShimServer } from './shim-server.ts';
import { parseScope, type ShimRequest, type StartOrder } from './shim-requests.ts';
import { logTime, SupervisedContainer } from './supervised-container.ts';

/** What the engine reads from the shim's standard output, once. */
export type ShimGreeting =
  | { readonly ready: true }
  | { readonly taken: 'pod' | 'address' }
  | { readonly error: string };

const folder = process.argv[2] ?? '';
const files = podFiles(folder);
const bootID = bootId();
const records = new Map<string, ContainerRecord>();
const live = new Map<string, SupervisedContainer>();
let isEnding = false;

const say = (greeting: ShimGreeting): void => void process.stdout.write(`${JSON.stringify(greeting)}\n`);
const complain = (what: string, error: unknown): void =>
  void process.stderr.write(
    `${logTime()} ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );

// A pod must not die of an error in what watches it: its state is in memory and on disk as it was.
process.on('uncaughtException', (error) => complain('bug', error));
// A terminal or a service manager that ends everything ends the containers too; their exits are still to be recorded.
process.on('SIGTERM', () => {
  if ([...live.values()].every(({ isRunning }) => !isRunning)) process.exit(0);
});
for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => {});
// The engine closes its ends; nobody may notice.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const { podUid, ip, shimCgroup } = readJsonFile(files.sandbox) as { podUid: string; ip: string; shimCgroup?: unknown };
const home = shimCgroup === undefined ? undefined : parseScope(shimCgroup);

function persist(): void {
  writeJsonFile(files.state, { bootID, containers: [...records.values()] } satisfies ShimState);
}

let pipePool: PipePool;

const server = new ShimServer(answer, () => ({ containers: [...records.values()] }));

function record(next: ContainerRecord): void {
  records.set(next.name, next);
  try {
    persist();
  } catch (error) {
    complain('cannot write the state', error);
    // What is not written cannot be found again after a crash: better no process than one nobody knows.
    if (next.state === 'starting')
      throw new ShimError('CreateContainerError', `cannot write ${files.state}: ${(error as Error).message}`);
  }
  if (next.state !== 'starting') server.broadcast({ containers: [...records.values()] });
}

async function answer(request: ShimRequest): Promise<unknown> {
  switch (request.op) {
    case 'status':
      return { containers: [...records.values()] };
    case 'start':
      return start(request.container);
    case 'stop':
      return live.get(request.name)?.stop(request.graceMs);
    case 'signal':
      return running(request.name).signal(request.signal);
    case 'exec':
      return running(request.name).exec(request.command, request.timeoutMs);
    case 'shutdown':
      isEnding = true;
      await Promise.all([...live.values()].map((container) => container.stop(0)));
      rmSync(files.socket, { force: true });
      // After the answer is on its way.
      setTimeout(() => process.exit(0), 0);
      return undefined;
    default:
      return request satisfies never;
  }
}

function running(name: string): SupervisedContainer {
  const container = live.get(name);
  if (container?.isRunning !== true) throw new ShimError('ContainerNotRunning', `container ${name} is not running`);
  return container;
}

async function start(order: StartOrder): Promise<void> {
  if (isEnding) throw new ShimError('CreateContainerError', 'the pod is being removed');
  const before = records.get(order.name);
  // Asked again, by an engine that did not live to see the answer.
  if (before?.attempt === order.attempt) return;
  if (before !== undefined && before.attempt > order.attempt) {
    throw new ShimError(
      'CreateContainerError',
      `attempt ${before.attempt} of container ${order.name} came before attempt ${order.attempt}`,
    );
  }
  if (live.get(order.name)?.isRunning === true)
    throw new ShimError('CreateContainerError', `container ${order.name} still runs`);
  const container = new SupervisedContainer(order, {
    home,
    logFolder: files.logs(order.name),
    pipePool,
    scratchFolders: [files.home(order.name), files.tmp(order.name)],
    terminationLog: files.terminationLog(order.name),
    onRecord: record,
  });
  live.set(order.name, container);
  try {
    await container.start();
  } catch (error) {
    live.delete(order.name);
    if (before === undefined) records.delete(order.name);
    else records.set(order.name, before);
    persist();
    throw error;
  }
}

/** Holds a name that the kernel gives to one process at a time and takes back when it dies. */
function hold(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const holder = createServer((socket) => socket.destroy());
    holder.once('error', () => resolve(false));
    holder.listen(`\0slipway/${name}`, () => resolve(true));
  });
}

try {
  if (home !== undefined) join(home, process.pid);
  if (!(await hold(`pod/${podUid}`))) {
    say({ taken: 'pod' });
    process.exit(0);
  }
  if (ip !== '127.0.0.1' && !(await hold(`address/${ip}`))) {
    say({ taken: 'address' });
    process.exit(0);
  }
  for (const each of parseShimState(readJsonFile(files.state))?.containers ?? []) {
    // The engine has buried what ran under a shim before this one.
    if (each.state === 'exited') records.set(each.name, each);
  }
  pipePool = new PipePool(files.pipes);
  await server.listen(files.socket);
  writeJsonFile(files.shim, { pid: process.pid, startTicks: readProcess(process.pid)?.startTicks, bootID });
  say({ ready: true });
  flushCompileCache();
} catch (error) {
  complain('cannot start', error);
  say({ error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
