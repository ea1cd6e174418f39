import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where one engine keeps everything: two engines with two folders do not know of each other. */
export interface DataDirectory {
  readonly root: string;
  /** The user's way in: mode 0600. */
  readonly kubeconfig: string;
  /** Who runs, and where: see engine-record.ts. */
  readonly record: string;
  readonly journal: string;
  readonly pki: string;
  readonly pods: string;
  readonly models: string;
  readonly log: string;
}

export function dataDirectory(root: string): DataDirectory {
  const at = (name: string): string => join(root, name);
  return {
    root,
    kubeconfig: at('kubeconfig'),
    record: at('engine.json'),
    journal: at('journal'),
    pki: at('pki'),
    pods: at('pods'),
    models: at('models'),
    log: at('engine.log'),
  };
}

/** `--data-dir`, else $XDG_STATE_HOME/slipway, else ~/.local/state/slipway (XDG base directory specification). */
export function chooseDataDirectory(told: string | undefined, env: NodeJS.ProcessEnv): DataDirectory {
  if (told !== undefined) return dataDirectory(resolve(told));
  const stateHome = env['XDG_STATE_HOME'];
  // The specification: a relative path in the variable is to be ignored.
  const base = stateHome?.startsWith('/') === true ? stateHome : join(homedir(), '.local', 'state');
  return dataDirectory(join(base, 'slipway'));
}
