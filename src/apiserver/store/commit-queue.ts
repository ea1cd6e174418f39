/**
 * The writes whose records are on their way to the disk. They take effect in the order in which they came,
 * whatever order the journal answers in.
 */
export class CommitQueue {
  readonly #writes: Write[] = [];
  #quiet:
    | { readonly actions: (() => void)[]; readonly reached: Promise<void>; readonly resolve: () => void }
    | undefined;

  /** Resolves after `apply` has run; rejects as `durable` does, and then `apply` never runs. */
  push(durable: Promise<void>, apply: () => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const write: Write = { finish: undefined };
    this.#writes.push(write);
    const settle = (finish: () => void): void => {
      write.finish = finish;
      this.#advance();
    };
    durable.then(
      () =>
        settle(() => {
          apply();
          resolve();
        }),
      (error: unknown) => settle(() => reject(error)),
    );
    return promise;
  }

  /** What a new write has to wait for; nothing as a rule. */
  get closedUntil(): Promise<void> | undefined {
    return this.#quiet?.reached;
  }

  /** Runs `action` when nothing is on its way; writes that come meanwhile are kept waiting by `closedUntil`. */
  whenQuiet(action: () => void): Promise<void> {
    if (this.#writes.length === 0) {
      action();
      return Promise.resolve();
    }
    if (this.#quiet === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#quiet = { actions: [], reached: promise, resolve };
    }
    this.#quiet.actions.push(action);
    return this.#quiet.reached;
  }

  #advance(): void {
    for (let finish = this.#writes[0]?.finish; finish !== undefined; finish = this.#writes[0]?.finish) {
      this.#writes.shift();
      finish();
    }
    if (this.#writes.length > 0 || this.#quiet === undefined) return;
    const { actions, resolve } = this.#quiet;
    this.#quiet = undefined;
    for (const action of actions) action();
    resolve();
  }
}

interface Write {
  /** Set once the journal has answered. */
  finish: (() => void) | undefined;
}
