import { isAlreadyExists } from '../api/error.ts';
import { namespaces } from '../api/resources.ts';
import { immortalNamespaces } from './admission/namespace-lifecycle.ts';
import { decodeOwn } from './decode.ts';
import { createObject } from './registry/create.ts';
import type { Registry } from './registry/registry.ts';
import { systemUser } from './system-user.ts';

/** The namespaces that are there from the start (controlplane/controller/systemnamespaces). */
export async function createSystemNamespaces(registry: Registry): Promise<void> {
  const served = registry.resources.find(namespaces);
  if (served === undefined) return;
  for (const name of [...immortalNamespaces, 'kube-node-lease']) {
    if (registry.store.bucket(served.bucket).get(name) !== undefined) continue;
    try {
      const object = decodeOwn(served, { metadata: { name } });
      await createObject(registry, served, '', object, { user: systemUser, dryRun: false });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}
