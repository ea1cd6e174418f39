import { RuntimeError, type ContainerConfig } from '../../node/container-runtime.ts';

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ContainerPlace {
  readonly home: string;
  readonly tmp: string;
  /** /dev/termination-log of a container: processes of the machine get a file of their own, by this variable. */
  readonly terminationLog: string;
  /** As a container's host name is its pod's. */
  readonly podName: string;
}

/**
 * The whole environment of a container: what it cannot do without, then what its image brings, then what the pod says.
 * Nothing of the engine's own comes in. Throws RuntimeError CreateContainerConfigError for what no process can have.
 */
export function containerEnvironment(
  env: ContainerConfig['env'],
  image: Readonly<Record<string, string>>,
  { home, tmp, terminationLog, podName }: ContainerPlace,
): Readonly<Record<string, string>> {
  const all = new Map(
    Object.entries({
      PATH: defaultPath,
      HOME: home,
      TMPDIR: tmp,
      HOSTNAME: podName,
      SLIPWAY_TERMINATION_LOG: terminationLog,
      ...image,
    }),
  );
  for (const { name, value } of env) {
    if (name === '' || /[=\0]/.test(name) || value.includes('\0')) {
      throw new RuntimeError('CreateContainerConfigError', `environment variable "${name}" cannot be set`);
    }
    all.set(name, value);
  }
  return Object.fromEntries(all);
}
