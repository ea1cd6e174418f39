import type { CgroupScope, CgroupSetting } from './cgroup-scope.ts';
import type { ContainerRecord } from './container-record.ts';

/**
 * What the engine and a shim say to each other over the pod's socket: a JSON object a line.
 * Engine: a request with an id. Shim: `{id, result}` or `{id, error}`, and `{containers}` at the start and at every change.
 */
export type ShimRequest = { readonly id: number } & ShimOrder;

export type ShimOrder =
  | { readonly op: 'status' }
  | { readonly op: 'start'; readonly container: StartOrder }
  /** Answered when the container has exited. */
  | { readonly op: 'stop'; readonly name: string; readonly graceMs: number }
  | { readonly op: 'signal'; readonly name: string; readonly signal: NodeJS.Signals }
  | { readonly op: 'exec'; readonly name: string; readonly command: readonly string[]; readonly timeoutMs: number }
  /** Kills what runs, answers, and ends the shim. */
  | { readonly op: 'shutdown' };

export interface StartOrder {
  readonly name: string;
  readonly attempt: number;
  readonly containerID: string;
  /** The first is an absolute path. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly cgroup?: CgroupScope | undefined;
  /** Written when the process is in the group and the shim is out of it again. */
  readonly settings?: readonly CgroupSetting[] | undefined;
  /** The end of the log stands in for last words that a failed container did not leave. */
  readonly fallsBackToLog?: boolean | undefined;
}

export type ShimMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly reason: string; readonly message: string } }
  | { readonly containers: readonly ContainerRecord[] };

/** The longest line either side takes, in bytes: an environment may be as large as an object in etcd. */
export const lineBytesMax: number = 4 * 1024 * 1024;
/** The longest grace and exec: timers of Node overflow beyond these 24 days. */
export const durationMsMax: number = 2 ** 31 - 1;
const name = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const signalName = /^SIG[A-Z0-9]{2,9}$/;

/** Throws Error with a sentence when the line is no request. Unknown fields are left out. */
export function parseRequest(line: string): ShimRequest {
  const value = object(JSON.parse(line), 'request');
  const id = integer(value['id'], 'id', Number.MAX_SAFE_INTEGER);
  switch (value['op']) {
    case 'status':
    case 'shutdown':
      return { id, op: value['op'] };
    case 'start':
      return { id, op: 'start', container: startOrder(object(value['container'], 'container')) };
    case 'stop':
      return {
        id,
        op: 'stop',
        name: matching(value['name'], 'name', name),
        graceMs: integer(value['graceMs'], 'graceMs', durationMsMax),
      };
    case 'signal':
      return {
        id,
        op: 'signal',
        name: matching(value['name'], 'name', name),
        signal: matching(value['signal'], 'signal', signalName) as NodeJS.Signals,
      };
    case 'exec':
      return {
        id,
        op: 'exec',
        name: matching(value['name'], 'name', name),
        command: strings(value['command'], 'command', 1),
        timeoutMs: integer(value['timeoutMs'], 'timeoutMs', durationMsMax),
      };
    default:
      throw new Error('unknown op');
  }
}

function startOrder(value: Readonly<Record<string, unknown>>): StartOrder {
  const argv = strings(value['argv'], 'argv', 1);
  if (argv[0]?.startsWith('/') !== true) throw new Error('argv[0] is not an absolute path');
  const env: Record<string, string> = {};
  for (const [key, text] of Object.entries(object(value['env'], 'env'))) {
    if (key === '' || /[=\0]/.test(key)) throw new Error('env has an impossible name');
    // A plain assignment to __proto__ would be lost.
    Object.defineProperty(env, key, { value: word(text, 'env'), enumerable: true });
  }
  return {
    name: matching(value['name'], 'name', name),
    attempt: integer(value['attempt'], 'attempt', Number.MAX_SAFE_INTEGER),
    containerID: word(value['containerID'], 'containerID'),
    argv,
    env,
    cwd: path(value['cwd'], 'cwd'),
    ...(value['cgroup'] === undefined ? {} : { cgroup: parseScope(value['cgroup']) }),
    fallsBackToLog: value['fallsBackToLog'] === true,
    ...(value['settings'] === undefined ? {} : { settings: list(value['settings'], 'settings').map(setting) }),
  };
}

export function parseScope(value: unknown): CgroupScope {
  const { version, folders, oomFile } = object(value, 'cgroup');
  if (version !== 1 && version !== 2) throw new Error('cgroup.version is neither 1 nor 2');
  return {
    version,
    folders: list(folders, 'cgroup.folders').map((folder) => path(folder, 'cgroup.folders')),
    oomFile: oomFile === undefined ? undefined : path(oomFile, 'cgroup.oomFile'),
  };
}

function setting(value: unknown): CgroupSetting {
  const { file, value: text } = object(value, 'settings');
  return { file: path(file, 'settings.file'), value: word(text, 'settings.value') };
}

function object(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${field} is no object`);
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${field} is no list`);
  return value;
}

function strings(value: unknown, field: string, least: number): string[] {
  const items = list(value, field).map((item) => word(item, field));
  if (items.length < least) throw new Error(`${field} is empty`);
  return items;
}

/** Text that a system call can take. */
function word(value: unknown, field: string): string {
  if (typeof value !== 'string' || value.includes('\0')) throw new Error(`${field} is no text`);
  return value;
}

function path(value: unknown, field: string): string {
  const text = word(value, field);
  if (!text.startsWith('/')) throw new Error(`${field} is not an absolute path`);
  return text;
}

function matching(value: unknown, field: string, pattern: RegExp): string {
  const text = word(value, field);
  if (!pattern.test(text)) throw new Error(`${field} is malformed`);
  return text;
}

function integer(value: unknown, field: string, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
    throw new Error(`${field} is out of range`);
  return value;
}
