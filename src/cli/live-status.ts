import { inferences } from '../api/resources.ts';
import type { Client } from '../machinery/client.ts';
import type { Terminal } from './terminal.ts';

const refreshMs = 1000;

/** One calm line at the bottom of a terminal; nothing where nobody looks. */
export function liveStatus(client: Client, engine: { readonly stopped: AbortSignal }, terminal: Terminal): void {
  if (!terminal.errIsTty) return;
  const { paint } = terminal;
  terminal.err('');
  const refresh = async (): Promise<void> => {
    const { items } = await client.list(inferences);
    if (engine.stopped.aborted) return;
    const parts = items.map(({ metadata, spec, status }) => {
      const ready = status?.readyReplicas ?? 0;
      const wanted = Math.max(status?.replicas ?? 0, spec.replicas.min);
      const dot =
        status?.phase === 'Ready' ? paint.green('●') : status?.phase === 'Failed' ? paint.red('●') : paint.yellow('●');
      return `${dot} ${metadata.name} ${status?.phase ?? 'Pending'} ${ready}/${wanted}`;
    });
    terminal.redraw([`${parts.join('   ')}   ${paint.dim('Ctrl-C stops')}`]);
  };
  const timer = setInterval(() => void refresh().catch(() => {}), refreshMs);
  engine.stopped.addEventListener('abort', () => clearInterval(timer), { once: true });
}
