/** Names inside one pod's folder, `<data-dir>/pods/<uid>/`. The engine and the shim both go by them. */
export interface PodFiles {
  readonly folder: string;
  /** What the pod is: written by the engine. */
  readonly sandbox: string;
  /** Its containers: written by the shim, and by the engine once the shim is dead. */
  readonly state: string;
  /** Which process the shim is. */
  readonly shim: string;
  readonly socket: string;
  /** What the shim says when something is wrong with it. */
  readonly shimLog: string;
  /** Named pipes of the containers' outputs. */
  readonly pipes: string;
  /** A container's CRI log files. */
  logs(container: string): string;
  /** A container's HOME and working directory. */
  home(container: string): string;
  /** A container's TMPDIR. */
  tmp(container: string): string;
  /** Where a container may leave its last words. */
  terminationLog(container: string): string;
}

export function podFiles(folder: string): PodFiles {
  const at = (name: string): string => `${folder}/${name}`;
  return {
    folder,
    sandbox: at('sandbox.json'),
    state: at('state.json'),
    shim: at('shim.json'),
    socket: at('shim.sock'),
    shimLog: at('shim.log'),
    pipes: at('pipes'),
    logs: (container) => at(`logs/${container}`),
    home: (container) => at(`containers/${container}/home`),
    tmp: (container) => at(`containers/${container}/tmp`),
    terminationLog: (container) => at(`containers/${container}/termination-log`),
  };
}
