import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { RuntimeError } from '../../node/container-runtime.ts';

/** What an image brings: the program and its variables. */
export interface Entrypoint {
  /** The first is an absolute path. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface ImageOptions {
  /** Runs the built-in images. */
  readonly nodeBinary: string;
  /** Where `host/<command>` is looked for, as PATH is written. */
  readonly searchPath: string;
  /** Compiled code is kept there over starts; undefined keeps none. */
  readonly compileCache: string | undefined;
}

const source = join(import.meta.dirname, '..', '..');

/** Programs of this project that run as `slipway/<name>`. */
export const builtInImages: Readonly<Record<string, string>> = {
  'slipway/llm': join(source, 'model-servers', 'llm', 'main.ts'),
  'slipway/embed': join(source, 'model-servers', 'embed', 'main.ts'),
  'slipway/sim': join(source, 'model-servers', 'sim', 'main.ts'),
  'slipway/gateway': join(source, 'worlds', 'gateway.ts'),
};

const hostPrefix = 'host/';
const commandName = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;
/** distribution/reference, roughly: enough to tell a typing error from an image that only a registry has. */
const reference =
  /^[a-z0-9]+([._-]+[a-z0-9]+)*(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[\w.-]+)?(@[a-z0-9]+:[a-f0-9]+)?$/;
const whatRuns = `this runtime has no registry: it runs ${Object.keys(builtInImages).join(', ')} and ${hostPrefix}<command>`;

/**
 * What to execute for an image and the pod's own command and args. Rejects with RuntimeError: InvalidImageName,
 * ErrImagePull (would need a registry), ErrImageNeverPull (no such command here), CreateContainerError.
 */
export function resolveImage(
  image: string,
  { command, args }: { readonly command: readonly string[]; readonly args: readonly string[] },
  { nodeBinary, searchPath, compileCache }: ImageOptions,
): Entrypoint {
  const program = Object.hasOwn(builtInImages, image) ? builtInImages[image] : undefined;
  if (program !== undefined) {
    // Another command would run anything on the machine under a name that admission trusts.
    if (command.length > 0)
      throw new RuntimeError('CreateContainerError', `image "${image}" has a fixed command; use args`);
    return {
      argv: [nodeBinary, program, ...args],
      env: compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache },
    };
  }
  if (image.startsWith(hostPrefix) && commandName.test(image.slice(hostPrefix.length))) {
    const name = image.slice(hostPrefix.length);
    const path = onPath(name, searchPath);
    if (path === undefined) {
      throw new RuntimeError(
        'ErrImageNeverPull',
        `image "${image}": there is no command ${name} on this machine (PATH ${searchPath})`,
      );
    }
    if (command.length === 0) return { argv: [path, ...args], env: {} };
    const [first = '', ...rest] = command;
    const resolved = isAbsolute(first) ? first : onPath(first, searchPath);
    if (resolved === undefined)
      throw new RuntimeError('RunContainerError', `exec: "${first}": executable file not found in $PATH`);
    return { argv: [resolved, ...rest, ...args], env: {} };
  }
  if (!reference.test(image))
    throw new RuntimeError('InvalidImageName', `couldn't parse image name "${image}": ${whatRuns}`);
  throw new RuntimeError('ErrImagePull', `cannot pull image "${image}": ${whatRuns}`);
}

function onPath(name: string, searchPath: string): string | undefined {
  if (name.includes('/')) return undefined;
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder, name);
    if (!isAbsolute(folder) || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next folder may have one that may be executed.
    }
  }
  return undefined;
}
