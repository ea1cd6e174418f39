import type { Pod } from '../api/schema/core-v1.ts';

/** What a model server's health says of its way, whatever its status code. */
export interface ServerHealth {
  readonly phase: 'downloading' | 'loading' | 'warming' | 'ready' | 'draining';
  /** Of a download, where the length is known. */
  readonly receivedBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
  /** Of the phases that are over. */
  readonly durations: {
    readonly downloadMs?: number | undefined;
    readonly loadMs?: number | undefined;
    readonly warmMs?: number | undefined;
  };
}

/** Asks a pod how far it is. Implemented over host/health-reader.ts; worlds without it know less, and nothing else changes. */
export interface HealthReader {
  /** Undefined when it cannot be told: nobody listens yet, or no model server of ours does. Never rejects. */
  read(pod: Pod): Promise<ServerHealth | undefined>;
}

const phases: readonly string[] = ['downloading', 'loading', 'warming', 'ready', 'draining'];

/** Takes from an answer what it understands; undefined when that is nothing. */
export function parseServerHealth(text: string): ServerHealth | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { phase, receivedBytes, totalBytes, durations } = value as Readonly<Record<string, unknown>>;
  if (typeof phase !== 'string' || !phases.includes(phase)) return undefined;
  const times =
    typeof durations === 'object' && durations !== null ? (durations as Readonly<Record<string, unknown>>) : {};
  return {
    phase: phase as ServerHealth['phase'],
    receivedBytes: count(receivedBytes),
    totalBytes: count(totalBytes),
    durations: {
      downloadMs: count(times['downloadMs']),
      loadMs: count(times['loadMs']),
      warmMs: count(times['warmMs']),
    },
  };
}

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
