import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile } from './atomic-file.ts';
import { parseShimState } from './container-record.ts';
import { podFiles } from './pod-files.ts';
import { readSandboxRecord } from './sandbox-record.ts';
import { livingShim } from './shim-process.ts';

/** The processes of one pod, for people and scripts. */
export interface PodProcesses {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly ip: string;
  readonly shimPid: number | undefined;
  readonly containers: readonly {
    readonly name: string;
    readonly state: string;
    readonly pid?: number | undefined;
    readonly restarts: number;
  }[];
}

/** What runs by the folder of an engine's pods, whether or not the engine does. Reads only. */
export function podProcesses(podsFolder: string): readonly PodProcesses[] {
  let names: string[];
  try {
    names = readdirSync(podsFolder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const files = podFiles(join(podsFolder, name));
    const sandbox = readSandboxRecord(files);
    if (sandbox === undefined) return [];
    const containers = parseShimState(readJsonFile(files.state))?.containers ?? [];
    return {
      namespace: sandbox.namespace,
      name: sandbox.name,
      uid: sandbox.podUid,
      node: sandbox.node,
      ip: sandbox.ip,
      shimPid: livingShim(files),
      containers: containers.map(({ name: container, state, pid, attempt }) => ({
        name: container,
        state,
        pid: state === 'running' ? pid : undefined,
        restarts: attempt,
      })),
    };
  });
}
