import type { ContainerStatus, Pod } from '../api/schema/core-v1.ts';

/** What keeps a pod from serving and does not pass by itself. */
export interface Trouble {
  /** One sentence; the server's own last words where it left some. */
  readonly message: string;
  /** `server`: it ran and gave up, so the model is at fault. `runtime`: it never ran. */
  readonly cause: 'server' | 'runtime';
}

/** Waiting reasons of a container that cannot even be started. */
const neverStarts = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);
/** From here on, 128 + the signal: something ended the process, which says nothing of the model. */
const firstSignalCode = 128;
/** A server that was ended by signals this often in a row is not merely unlucky. */
const patience = 3;

/**
 * A server that ends with an exit code of its own has refused its model, and will again; one that was killed is
 * started anew and deserves to be waited for, until it happens again and again.
 */
export function troubleOf({ status }: Pod): Trouble | undefined {
  if (status.phase === 'Failed')
    return { message: status.message ?? status.reason ?? 'its pod failed', cause: 'runtime' };
  for (const container of status.containerStatuses ?? []) {
    const trouble = container.ready ? undefined : containerTrouble(container);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

function containerTrouble({ state, lastState, restartCount }: ContainerStatus): Trouble | undefined {
  const { reason = '', message } = state.waiting ?? {};
  const end = state.terminated ?? lastState.terminated;
  if (end !== undefined && end.exitCode !== 0) {
    if (end.reason === 'OOMKilled')
      return { message: 'the model server needed more memory than spec.resources.memory allows', cause: 'server' };
    const words = lastWords(end.message);
    const isOwnDecision = end.exitCode < firstSignalCode;
    // What a killed server said before is no reason: it was well.
    if (!isOwnDecision && reason === 'CrashLoopBackOff' && restartCount >= patience)
      return {
        message: `the model server was killed by signal ${end.exitCode - firstSignalCode}, ${restartCount} times`,
        cause: 'server',
      };
    if (isOwnDecision)
      return {
        message: words === '' ? `the model server ended with exit code ${end.exitCode}; see its logs` : words,
        cause: 'server',
      };
  }
  return neverStarts.has(reason) ? { message: message ?? reason, cause: 'runtime' } : undefined;
}

const wordsMax = 1_000;

/** The end of what it said, on one line: it may be the tail of a log. */
function lastWords(message = ''): string {
  const lines = message.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(-3)
    .join(' · ')
    .slice(0, wordsMax);
}
