import { spawn } from 'node:child_process';
import { fstatSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { inferences } from '../api/resources.ts';
import type { Inference } from '../api/slipway/v1alpha1/inference.ts';
import { chooseDataDirectory, type DataDirectory } from '../host/data-directory.ts';
import { makeFolder } from '../host/make-folder.ts';
import { isAlive, readEngineRecord, type EngineRecord } from '../host/engine-record.ts';
import { applyAll } from './apply.ts';
import { CommandError, type Command } from './command.ts';
import { connect } from './connect.ts';
import { readManifests, type Manifest } from './manifest-files.ts';
import { watchPhases } from './phases.ts';
import type { Terminal } from './terminal.ts';

export const up: Command = {
  summary: 'start the engine, and apply files to it',
  help: `usage: slipway up [-f FILE…] [OPTION…]

Starts a Kubernetes API on this machine that runs models as processes, applies the files, waits until
the models are Ready and stays in the foreground. Ctrl-C stops everything; what was applied is kept.

  -f, --filename FILE   YAML or JSON to apply; a file, a folder or -; repeatable
  --data-dir DIR        where everything is kept ($XDG_STATE_HOME/slipway)
  --port P              port of the OpenAI gateway (8080); 0 picks a free one
  --api-port P          port of the Kubernetes API (0: a free one, kept for the next start)
  --nodes N             cut this machine into N nodes (1)
  --detach              return when it is ready; "slipway down" stops it
  --timeout SECONDS     how long the models of the files may take to be Ready (600)

  slipway up -f examples/chat.yaml
  slipway up --data-dir /tmp/second --port 0 --nodes 3 --detach`,
  async run(args, terminal) {
    const options = read(args);
    // Files are read first: a typing error must not cost a start.
    const manifests = await readManifests(options.files);
    const directory = chooseDataDirectory(options.dataDir, process.env);
    const running = readEngineRecord(directory.record);
    if (running !== undefined && isAlive(running)) {
      throw new CommandError(
        `an engine (process ${running.pid}) already runs with data in ${directory.root}`,
        'apply to it with "slipway apply -f FILE", stop it with "slipway down", or start another with --data-dir DIR --port 0',
      );
    }
    const engine = options.detach
      ? await startDetached(args, directory, terminal)
      : await startHere(options, directory, terminal);
    const client = await connect(directory);
    const code = await bringUp(client, manifests, engine, { ...options, directory }, terminal);
    if (options.detach) return code;
    if (!engine.stopped.aborted) (await import('./live-status.ts')).liveStatus(client, engine, terminal);
    return Math.max(code, await engine.ended);
  },
};

/**
 * Applies the files and waits for their models. A file that is wrong or a model that fails is told
 * and the engine stays up: the next "slipway apply" may put it right. Returns the exit code.
 */
async function bringUp(
  client: Awaited<ReturnType<typeof connect>>,
  manifests: readonly Manifest[],
  engine: StartedEngine,
  { timeoutMs, directory }: UpOptions & { readonly directory: DataDirectory },
  terminal: Terminal,
): Promise<number> {
  try {
    for (const line of await applyAll(client, manifests, 'default')) terminal.err(`  ${line}`);
    const keys = manifests
      .filter(({ object }) => object.kind === 'Inference')
      .map(({ object }) => ({ namespace: object.metadata.namespace ?? 'default', name: object.metadata.name }));
    const ready = await watchPhases(client, keys, terminal, { timeoutMs, stopped: engine.stopped });
    if (ready === 'stopped') return 0;
    terminal.err('');
    for (const line of welcome(engine.record, directory, ready, terminal)) terminal.out(line);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    terminal.settle();
    terminal.err(`slipway: ${error.message}\n  → ${error.next}\n  (the engine stays up)`);
    return 1;
  }
}

interface UpOptions {
  readonly files: readonly string[];
  readonly dataDir: string | undefined;
  readonly port: number;
  readonly apiPort: number;
  readonly nodes: number;
  readonly detach: boolean;
  readonly timeoutMs: number;
}

function read(args: readonly string[]): UpOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      filename: { type: 'string', short: 'f', multiple: true, default: [] },
      'data-dir': { type: 'string' },
      port: { type: 'string', default: '8080' },
      'api-port': { type: 'string', default: '0' },
      nodes: { type: 'string', default: '1' },
      detach: { type: 'boolean', default: false },
      timeout: { type: 'string', default: '600' },
    },
  });
  const whole = (name: 'port' | 'api-port' | 'nodes' | 'timeout', min: number, max: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new CommandError(
        `--${name} ${values[name]} is not a whole number from ${min} to ${max}`,
        'see slipway up --help',
        { exitCode: 2 },
      );
    }
    return value;
  };
  return {
    files: values.filename,
    dataDir: values['data-dir'],
    port: whole('port', 0, 65535),
    apiPort: whole('api-port', 0, 65535),
    nodes: whole('nodes', 1, 100),
    detach: values.detach,
    timeoutMs: whole('timeout', 1, 86_400) * 1000,
  };
}

export interface StartedEngine {
  readonly record: EngineRecord;
  /** Settles with the exit code when the engine has ended. */
  readonly ended: Promise<number>;
  readonly stopped: AbortSignal;
  stop(): Promise<void>;
}

async function startHere(options: UpOptions, directory: DataDirectory, terminal: Terminal): Promise<StartedEngine> {
  const { startLocal, StartError } = await import('../worlds/local.ts');
  const begun = performance.now();
  const engine = await startLocal({
    directory,
    port: options.port,
    apiPort: options.apiPort,
    nodes: options.nodes,
    onStep: (step) => terminal.err(`${terminal.paint.dim('·')} ${step}`),
  }).catch((error: unknown) => {
    if (error instanceof StartError) throw new CommandError(error.message, error.next, { cause: error });
    throw error;
  });
  terminal.err(`${terminal.paint.green('✓')} engine ready in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  const stopping = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping.abort();
    return (stopped ??= engine.stop().then(() => end(0)));
  };
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // The second one does not wait: pods are then found again by the next start.
      if (++signals > 1) process.exit(130);
      terminal.settle();
      terminal.err(signal === 'SIGINT' ? '\nstopping (again to leave at once)' : 'stopping');
      stop().catch((error: unknown) => {
        terminal.err(`slipway: ${String(error)}`);
        end(1);
      });
    });
  }
  return { record: engine.record, ended, stopped: stopping.signal, stop };
}

/** Starts `slipway up` without the files in a process of its own and waits for its record. */
async function startDetached(
  args: readonly string[],
  directory: DataDirectory,
  terminal: Terminal,
): Promise<StartedEngine> {
  const log = openLog(directory);
  const from = fstatSync(log).size;
  const child = spawn(
    process.execPath,
    [process.argv[1] ?? '', 'up', ...withoutFiles(args), '--data-dir', directory.root],
    {
      detached: true,
      stdio: ['ignore', log, log],
    },
  );
  child.unref();
  let exit: number | undefined;
  child.on('exit', (code) => (exit = code ?? 1));
  for (;;) {
    const record = readEngineRecord(directory.record);
    if (record?.pid === child.pid && record !== undefined) {
      terminal.err(`${terminal.paint.green('✓')} engine ready (process ${record.pid})`);
      return {
        record,
        ended: new Promise(() => {}),
        stopped: new AbortController().signal,
        stop: () => Promise.resolve(),
      };
    }
    if (exit !== undefined) {
      const words = wordsOf(directory, from);
      throw new CommandError(
        `the engine did not start: ${words === '' ? `exit code ${exit}` : words}`,
        `see ${directory.log}, or start it in the foreground, without --detach`,
      );
    }
    await wait(20);
  }
}

/** What the engine said to people since it was started; its own log are lines of JSON. */
function wordsOf({ log }: DataDirectory, from: number): string {
  const lines = readFileSync(log).subarray(from).toString('utf8').split('\n');
  const said = lines.filter((line) => line !== '' && !line.startsWith('{') && !line.startsWith('·'));
  return said.map((line) => line.replace(/^slipway: /, '').trim()).join(' ');
}

function openLog({ root, log }: DataDirectory): number {
  try {
    makeFolder(root);
    return openSync(log, 'a', 0o600);
  } catch (error) {
    throw new CommandError(
      `cannot write in ${root}: ${(error as Error).message}`,
      'name a writable folder: --data-dir DIR',
      {
        cause: error,
      },
    );
  }
}

function withoutFiles(args: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '-f' || arg === '--filename' || arg === '--data-dir') i++;
    else if (
      !arg.startsWith('-f') &&
      !arg.startsWith('--filename=') &&
      !arg.startsWith('--data-dir=') &&
      arg !== '--detach'
    )
      kept.push(arg);
  }
  return kept;
}

function welcome(
  record: EngineRecord,
  directory: DataDirectory,
  ready: readonly Inference[],
  { paint }: Terminal,
): string[] {
  const chat = ready.find(({ spec }) => !spec.model.includes('use-lite'))?.metadata.name;
  const lines = [`${paint.bold('OpenAI base URL')}   ${paint.cyan(`${record.gateway}/v1`)}`];
  if (chat !== undefined) {
    const body = JSON.stringify({
      model: chat,
      messages: [{ role: 'user', content: 'How is one GPU shared by four models?' }],
    });
    lines.push('', `curl -s ${record.gateway}/v1/chat/completions -H 'content-type: application/json' -d '${body}'`);
  }
  lines.push('', `export KUBECONFIG=${directory.kubeconfig}`, `kubectl get ${inferences.resource},pods`);
  return lines;
}
