/** How an endpoint that keeps failing is left alone for a while (Linkerd's failure accrual, for small pools). */
export interface EjectionPolicy {
  /** Failures in a row; one refused connection is as many. */
  readonly failures: number;
  readonly baseMs: number;
  readonly maxMs: number;
}

export const defaultEjection: EjectionPolicy = { failures: 5, baseMs: 1_000, maxMs: 60_000 };

export interface EjectionState {
  readonly failuresInARow: number;
  readonly ejections: number;
  /** Milliseconds since the epoch; 0 when it is in. Afterwards one real request tries it. */
  readonly ejectedUntil: number;
}

export const sound: EjectionState = { failuresInARow: 0, ejections: 0, ejectedUntil: 0 };

/** `hard`: nobody listens there. */
export type Outcome = 'success' | 'failure' | 'hard-failure';

/** `mayEject` is false when too many of the pool are out already: half of the ready ones, rounded up, always stay. */
export function afterOutcome(
  state: EjectionState,
  outcome: Outcome,
  {
    now,
    mayEject,
    policy = defaultEjection,
  }: { readonly now: number; readonly mayEject: boolean; readonly policy?: EjectionPolicy },
): EjectionState {
  if (outcome === 'success') return sound;
  const failuresInARow =
    outcome === 'hard-failure' ? Math.max(policy.failures, state.failuresInARow + 1) : state.failuresInARow + 1;
  if (failuresInARow < policy.failures || !mayEject) return { ...state, failuresInARow };
  const ejections = state.ejections + 1;
  const forMs = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(ejections - 1, 16));
  return { failuresInARow, ejections, ejectedUntil: now + forMs };
}
