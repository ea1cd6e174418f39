import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { systemTerminal } from './terminal.ts';
import { CommandError, type Command } from './command.ts';

// Types are stripped and code is compiled once, not at every start; commands are loaded after this line.
enableCompileCache(join(import.meta.dirname, '..', '..', '.tools', 'compiled'));

/** Loaded only when asked for: `slipway version` must not pay for the engine. */
const commands: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  up: { summary: 'start the engine, and apply files to it', load: async () => (await import('./up.ts')).up },
  down: { summary: 'stop the engine and everything it runs', load: async () => (await import('./down.ts')).down },
  status: { summary: 'what runs, where, and how it is', load: async () => (await import('./status.ts')).status },
  apply: { summary: 'create or change objects from files', load: async () => (await import('./apply.ts')).apply },
  chat: { summary: 'talk to a chat model', load: async () => (await import('./chat.ts')).chat },
  kubectl: { summary: 'kubectl against this engine', load: async () => (await import('./kubectl.ts')).kubectl },
  doctor: { summary: 'check what this machine can do', load: async () => (await import('./doctor.ts')).doctor },
  version: { summary: 'print the version', load: async () => (await import('./version.ts')).version },
};

function overview(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`);
  return [
    "Slipway runs AI inference with Kubernetes' own mechanisms.",
    '',
    'usage: slipway COMMAND [OPTION…]      slipway COMMAND --help',
    '',
    ...lines,
    '',
    'to begin:',
    '  slipway up -f examples/chat.yaml',
    '  slipway chat chat',
  ].join('\n');
}

async function main(args: readonly string[]): Promise<number> {
  const terminal = systemTerminal(process.stdout, process.stderr, process.env);
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const about = name === 'help' ? commands[rest[0] ?? ''] : undefined;
    terminal.out(about === undefined ? overview() : (await about.load()).help);
    return 0;
  }
  const entry = commands[name === '--version' ? 'version' : name];
  if (entry === undefined) {
    terminal.err(`slipway: no command named "${name}"; there are: ${Object.keys(commands).join(', ')}`);
    return 2;
  }
  try {
    const command = await entry.load();
    // kubectl's own --help is kubectl's.
    if (name !== 'kubectl' && (rest.includes('--help') || rest.includes('-h'))) {
      terminal.out(command.help);
      return 0;
    }
    return await command.run(rest, terminal);
  } catch (error) {
    return explain(error, terminal.err.bind(terminal));
  }
}

function explain(error: unknown, say: (text: string) => void): number {
  if (error instanceof CommandError) {
    say(`slipway: ${error.message}\n  → ${error.next}`);
    return error.exitCode;
  }
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    say(`slipway: ${error.message.split('. To specify')[0] ?? error.message}\n  → see --help`);
    return 2;
  }
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

// A reader that went away (`slipway status | head -1`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
