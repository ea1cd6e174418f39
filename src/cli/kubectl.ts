import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CommandError, type Command } from './command.ts';
import { runningEngine } from './running-engine.ts';

export const kubectl: Command = {
  summary: 'kubectl against this engine',
  help: `usage: slipway kubectl [--data-dir DIR] ARGUMENT…

Runs the kubectl of your PATH with this engine's kubeconfig; every argument is kubectl's.

  slipway kubectl get pods
  slipway kubectl describe inference chat`,
  async run(args) {
    const { dataDir, rest } = takeDataDir(args);
    const { directory } = runningEngine(dataDir);
    const program = onPath('kubectl');
    if (program === undefined) {
      throw new CommandError(
        'there is no kubectl on the PATH',
        'install it (https://kubernetes.io/docs/tasks/tools) or use any Kubernetes client with ' +
          `KUBECONFIG=${directory.kubeconfig}`,
      );
    }
    return await passThrough(program, rest, { ...process.env, KUBECONFIG: directory.kubeconfig });
  },
};

/** Only a leading --data-dir is ours: whatever follows belongs to kubectl. */
function takeDataDir(args: readonly string[]): { dataDir: string | undefined; rest: readonly string[] } {
  const [first = '', second] = args;
  if (first === '--data-dir' && second !== undefined) return { dataDir: second, rest: args.slice(2) };
  if (first.startsWith('--data-dir=')) return { dataDir: first.slice('--data-dir='.length), rest: args.slice(1) };
  return { dataDir: undefined, rest: args };
}

export function onPath(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

function passThrough(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  // Ctrl-C reaches the child through the terminal; we stay to report its exit code.
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', ignore);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}
