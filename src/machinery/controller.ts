/**
 * The reconcile contract.
 * - Level-triggered: a request names an object, never an event; look at what is there now.
 * - The same key is never reconciled twice at once; different keys may be.
 * - A thrown error requeues the key with exponential back-off; `again(delayMs)` requeues it at that time
 *   and resets the back-off; `onceSettled(promise)` when the promise settles; `done` waits for the next change.
 * - Decisions live in a pure `decide`; reconcile reads, decides, writes.
 */
export interface Reconciler {
  reconcile(request: Request): Promise<Result>;
}

/** `namespace` is '' for cluster-scoped objects. */
export interface Request {
  readonly namespace: string;
  readonly name: string;
}

export type Result = { readonly requeueAfterMs?: number; readonly requeueOn?: Promise<void> };

export const done: Result = {};
export const again = (requeueAfterMs: number): Result => ({ requeueAfterMs });
/** For an informer that is still behind this controller's own writes: see OwnWrites. */
export const onceSettled = (requeueOn: Promise<void>): Result => ({ requeueOn });

/** Something that lives in a world: a controller, the scheduler, a node agent. */
export interface Component {
  readonly name: string;
  /** Returns once it works; goes on in the background. */
  start(): Promise<void>;
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}
