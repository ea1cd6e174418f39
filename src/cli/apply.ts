import { parseArgs } from 'node:util';
import { ApiError, isNotFound } from '../api/error.ts';
import type { KubernetesObject, Resource } from '../api/resource.ts';
import type { Client } from '../machinery/client.ts';
import { applyPatch, lastAppliedAnnotation } from './apply-patch.ts';
import { CommandError, type Command } from './command.ts';
import { connect } from './connect.ts';
import { readManifests, type Manifest, type ManifestObject } from './manifest-files.ts';
import { dataDirHelp, dataDirOption, runningEngine } from './running-engine.ts';
import { served, type Served } from './served-resources.ts';

export const apply: Command = {
  summary: 'create or change objects from files',
  help: `usage: slipway apply -f FILE…

Creates what is missing and changes what differs, as "kubectl apply" does; a field that was in the
file the last time and is not now is removed.

  -f, --filename F   a YAML or JSON file, a folder of them, or - for standard input; repeatable
  -n, --namespace N  for objects that name none (default)
${dataDirHelp}

  slipway apply -f examples/chat.yaml`,
  async run(args, terminal) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...dataDirOption,
        filename: { type: 'string', short: 'f', multiple: true },
        namespace: { type: 'string', short: 'n', default: 'default' },
      },
    });
    if (values.filename === undefined) throw new CommandError('name a file', 'slipway apply -f FILE', { exitCode: 2 });
    const manifests = await readManifests(values.filename);
    const client = await connect(runningEngine(values['data-dir']).directory);
    for (const line of await applyAll(client, manifests, values.namespace)) terminal.out(line);
    return 0;
  },
};

/** Applies in the files' order and returns one `kind/name verb` line an object, as kubectl prints them. */
export async function applyAll(
  client: Client & { raw(path: string): Promise<unknown> },
  manifests: readonly Manifest[],
  defaultNamespace: string,
): Promise<readonly string[]> {
  const resources = await served(client);
  const lines: string[] = [];
  for (const manifest of manifests) lines.push(await applyOne(client, resources, manifest, defaultNamespace));
  return lines;
}

async function applyOne(
  client: Client,
  resources: Served,
  { source, object }: Manifest,
  defaultNamespace: string,
): Promise<string> {
  const resource = resources.find(object.apiVersion, object.kind);
  if (resource === undefined) {
    throw new CommandError(
      `${source}: the engine does not serve ${object.kind} of ${object.apiVersion}`,
      '"slipway kubectl api-resources" lists what it serves',
    );
  }
  const namespace = resource.namespaced ? (object.metadata.namespace ?? defaultNamespace) : undefined;
  const noun = `${resource.kind.toLowerCase()}${resource.group === '' ? '' : `.${resource.group}`}/${object.metadata.name}`;
  try {
    return `${noun} ${await createOrPatch(client, resource, namespace, object)}`;
  } catch (error) {
    if (error instanceof ApiError)
      throw new CommandError(`${source}: ${error.message}`, 'correct the file and apply it again', { cause: error });
    throw error;
  }
}

async function createOrPatch(
  client: Client,
  resource: Resource,
  namespace: string | undefined,
  object: ManifestObject,
): Promise<'created' | 'configured' | 'unchanged'> {
  const desired = annotated({
    ...object,
    metadata: { ...object.metadata, ...(namespace === undefined ? {} : { namespace }) },
  });
  const key = { namespace, name: object.metadata.name };
  const live = await client.get(resource, key).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (live === undefined) {
    await client.create(resource, desired, { fieldManager: 'slipway-apply' });
    return 'created';
  }
  const body = applyPatch(lastApplied(live), JSON.parse(JSON.stringify(desired)) as never);
  const after = await client.patch(resource, key, { type: 'merge', body }, { fieldManager: 'slipway-apply' });
  return after.metadata.resourceVersion === live.metadata.resourceVersion ? 'unchanged' : 'configured';
}

function annotated(object: ManifestObject): ManifestObject {
  const { [lastAppliedAnnotation]: _, ...annotations } = object.metadata.annotations ?? {};
  const plain = { ...object, metadata: { ...object.metadata, annotations } };
  return {
    ...plain,
    metadata: {
      ...plain.metadata,
      annotations: { ...annotations, [lastAppliedAnnotation]: `${JSON.stringify(plain)}\n` },
    },
  };
}

function lastApplied(live: KubernetesObject): never {
  const text = live.metadata.annotations?.[lastAppliedAnnotation];
  try {
    const value = JSON.parse(text ?? '{}') as { metadata?: { annotations?: object } };
    return value as never;
  } catch {
    return {} as never;
  }
}
