import { flushCompileCache } from 'node:module';
import { FlagError, helpText, parseFlags, type Flags, type FlagValues } from './flags.ts';
import { ModelServer, type ServedModel } from './model-server.ts';
import { exitWith, logLine } from './program-log.ts';
import { Readiness } from './readiness.ts';
import { RequestError } from './request-error.ts';

/** Flags that every model server has. */
export const serverFlags = {
  host: { kind: 'text', help: 'the address to listen on', default: '127.0.0.1' },
  port: { kind: 'whole', help: 'the port; 0 takes a free one', least: 0, most: 65_535, default: 8000 },
  model: { kind: 'text', help: 'the model to serve: a path or a URI' },
  'model-name': { kind: 'text', help: "the name that requests say; the model's own unless told" },
  'drain-seconds': {
    kind: 'number',
    help: 'how long requests in flight may take after SIGTERM; then they end with an error',
    least: 0,
    most: 86_400,
    default: 300,
  },
} as const;

/** A program that serves one model. */
export interface Program<F extends Flags> {
  readonly usage: string;
  readonly flags: F;
  /** Checks the flags beyond their own ranges and says the model's name. May throw FlagError. */
  nameModel(values: FlagValues<F>): string;
  /** Gets, loads and warms the model, and says how far it is. What it throws ends the process with code 1. */
  load(values: FlagValues<F>, readiness: Readiness): Promise<ServedModel>;
}

/**
 * Runs a model server until SIGTERM. Listens at once, so that `/health` can tell how far the loading is. Exit codes:
 * 0 after a drain, 1 when the model cannot be served or the address not bound, 2 for wrong flags, 143 after a
 * second SIGTERM.
 */
export async function serve<F extends typeof serverFlags & Flags>(program: Program<F>): Promise<void> {
  // Whoever reads our log may go before us; that is no reason to stop serving.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const values = readFlags(program);
  const { host, port, 'drain-seconds': drainSeconds } = values as FlagValues<typeof serverFlags>;
  const readiness = new Readiness();
  const modelName = named(() => program.nameModel(values));
  const server = new ModelServer(modelName, host, readiness);
  const address = await server.listen(port).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EADDRINUSE' ? 'the address is in use' : (error.code ?? error.message);
    return exitWith(1, `cannot listen on ${host}:${port}: ${why}`);
  });
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  logLine(`listening on http://${shown}:${address.port} model=${JSON.stringify(modelName)}`);
  stopOnSignals(server, readiness, drainSeconds);
  try {
    const model = await program.load(values, readiness);
    // A SIGTERM may have come while the model loaded.
    if (readiness.phase !== 'draining') server.serve(model);
    logLine(`ready ${JSON.stringify(readiness.body())}`);
    // Does something only where NODE_COMPILE_CACHE is set: the next start is then quicker, even if this one is killed.
    flushCompileCache();
  } catch (error) {
    exitWith(1, error instanceof Error ? error.message : String(error));
  }
}

function readFlags<F extends Flags>({ usage, flags }: Program<F>): FlagValues<F> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText(usage, flags));
    process.exit(0);
  }
  return named(() => parseFlags(flags, args));
}

function named<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FlagError) exitWith(2, `${error.message}; see --help`);
    throw error;
  }
}

function stopOnSignals(server: ModelServer, readiness: Readiness, drainSeconds: number): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) exitWith(143, 'stopped at once by a second signal');
    stopping = true;
    void stopServing(server, readiness, drainSeconds);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** How long the last errors may take to reach their clients. */
const farewellMs = 1_000;

async function stopServing(server: ModelServer, readiness: Readiness, drainSeconds: number): Promise<void> {
  if (readiness.phase !== 'ready') {
    logLine(`stopped while ${readiness.phase}`);
    process.exit(0);
  }
  logLine(`draining ${server.callsInFlight} requests in flight`);
  const limit = setTimeout(() => {
    server.abandon(new RequestError(503, 'the server shut down before the answer was complete', { code: 'draining' }));
    setTimeout(() => process.exit(0), farewellMs);
  }, drainSeconds * 1000);
  await server.drain();
  clearTimeout(limit);
  await server.close();
  logLine('drained');
  process.exit(0);
}
