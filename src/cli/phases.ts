import { inferences } from '../api/resources.ts';
import type { Inference } from '../api/slipway/v1alpha1/inference.ts';
import type { Client, ObjectKey } from '../machinery/client.ts';
import { CommandError } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface PhaseOptions {
  readonly timeoutMs: number;
  readonly stopped: AbortSignal;
}

/**
 * Shows the phases of the named Inferences until all are Ready: in place on a TTY, a line a change
 * elsewhere. Returns them, or 'stopped' when the signal came first.
 * Throws CommandError when one fails or the time is over.
 */
export async function watchPhases(
  client: Client,
  keys: readonly ObjectKey[],
  terminal: Terminal,
  options: PhaseOptions,
): Promise<readonly Inference[] | 'stopped'> {
  const begun = performance.now();
  const last = new Map<string, string>();
  for (;;) {
    if (options.stopped.aborted) return 'stopped';
    const now = await Promise.all(keys.map((key) => client.get(inferences, key)));
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    terminal.redraw(now.map((inference) => phaseLine(inference, seconds, terminal)));
    if (!terminal.errIsTty) {
      for (const inference of now) {
        const text = `${inference.status?.phase ?? 'Pending'}: ${inference.status?.reason ?? ''}`;
        if (last.get(inference.metadata.uid) === text) continue;
        last.set(inference.metadata.uid, text);
        terminal.err(`  ${seconds} s  ${inference.metadata.name}  ${text}`);
      }
    }
    // What is said of an older spec is no verdict on this one.
    const failed = now.find(
      ({ status, metadata }) => status?.phase === 'Failed' && status.observedGeneration === metadata.generation,
    );
    if (failed !== undefined) {
      throw new CommandError(
        `${failed.metadata.name}: ${failed.status?.reason ?? 'failed'}`,
        'correct the file and apply it again',
      );
    }
    if (now.every(({ status, metadata }) => isServing(status, metadata.generation))) {
      terminal.settle();
      return now;
    }
    if (performance.now() - begun > options.timeoutMs) {
      const late = now
        .filter(({ status }) => status?.phase !== 'Ready')
        .map(
          ({ metadata, status }) =>
            `${metadata.name} is ${status?.phase ?? 'Pending'} (${status?.reason ?? 'no reason yet'})`,
        );
      throw new CommandError(
        `not ready within ${options.timeoutMs / 1000} s: ${late.join('; ')}`,
        'look with "slipway kubectl describe inference,pods", or wait longer with --timeout',
      );
    }
    await pause(100, options.stopped);
  }
}

/** Idle counts: a model that was scaled to zero wakes by itself. */
function isServing(status: Inference['status'], generation: number | undefined): boolean {
  return status?.observedGeneration === generation && (status?.phase === 'Ready' || status?.phase === 'Idle');
}

function phaseLine({ metadata, status }: Inference, seconds: string, { paint }: Terminal): string {
  const phase = status?.phase ?? 'Pending';
  const mark = phase === 'Ready' ? paint.green('✓') : phase === 'Failed' ? paint.red('✗') : paint.yellow('…');
  return `${mark} ${paint.bold(metadata.name)} ${phase} ${paint.dim(`${status?.reason ?? ''} ${seconds} s`)}`;
}

function pause(delayMs: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    stopped.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
