import { existsSync } from 'node:fs';
import type { DataDirectory } from '../host/data-directory.ts';
import type { HttpClient } from '../host/http-client.ts';
import { CommandError } from './command.ts';

/** A client of this engine's API server, with the kubeconfig that any Kubernetes tool would use. */
export async function connect(directory: DataDirectory): Promise<HttpClient> {
  if (!existsSync(directory.kubeconfig)) {
    throw new CommandError(`there is no kubeconfig at ${directory.kubeconfig}`, 'start the engine: slipway up');
  }
  return await open(directory.kubeconfig);
}

async function open(kubeconfig: string): Promise<HttpClient> {
  const { readKubeconfig } = await import('../host/kubeconfig.ts');
  const { HttpClient } = await import('../host/http-client.ts');
  return new HttpClient(readKubeconfig(kubeconfig));
}
