import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CommandError } from './command.ts';

/** One object of a file, not yet checked by the server. */
export interface Manifest {
  readonly source: string;
  readonly object: ManifestObject;
}

export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const maxFileBytes = 16 * 1024 * 1024;

/** Reads files, folders (their *.yaml, *.yml and *.json, not deeper) and `-` for standard input. Lists are taken apart. */
export async function readManifests(paths: readonly string[]): Promise<readonly Manifest[]> {
  const { parseAllDocuments } = await import('yaml');
  const manifests: Manifest[] = [];
  for (const path of paths) {
    for (const { source, content } of await readPath(path)) {
      for (const document of parseAllDocuments(content, { maxAliasCount: 100 } as object)) {
        const [problem] = document.errors;
        if (problem !== undefined)
          throw new CommandError(`${source}: ${problem.message}`, 'correct the file and try again');
        const value: unknown = document.toJS({ maxAliasCount: 100 });
        if (value !== null && value !== undefined) manifests.push(...check(source, value));
      }
    }
  }
  return manifests;
}

async function readPath(path: string): Promise<{ source: string; content: string }[]> {
  if (path === '-') return [{ source: 'standard input', content: await text(process.stdin) }];
  try {
    const about = statSync(path);
    if (about.isDirectory()) {
      const names = readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name));
      return names
        .toSorted()
        .map((name) => ({ source: join(path, name), content: readFileSync(join(path, name), 'utf8') }));
    }
    if (about.size > maxFileBytes) throw new CommandError(`${path} is larger than 16 MiB`, 'split it');
    return [{ source: path, content: readFileSync(path, 'utf8') }];
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      `cannot read ${path}: ${(error as Error).message}`,
      'name an existing file, folder or - for standard input',
    );
  }
}

function check(source: string, value: unknown): Manifest[] {
  const object = value as {
    apiVersion?: unknown;
    kind?: unknown;
    metadata?: { name?: unknown } | null;
    items?: unknown;
  };
  if (typeof object !== 'object' || typeof object.apiVersion !== 'string' || typeof object.kind !== 'string') {
    throw new CommandError(
      `${source}: an object has no apiVersion and kind`,
      'each document of the file must be one Kubernetes object',
    );
  }
  if (object.kind.endsWith('List') && Array.isArray(object.items))
    return object.items.flatMap((item) => check(source, item));
  if (typeof object.metadata?.name !== 'string') {
    throw new CommandError(
      `${source}: a ${object.kind} has no metadata.name`,
      'apply needs a name: it finds the object by it',
    );
  }
  return [{ source, object: object as ManifestObject }];
}
