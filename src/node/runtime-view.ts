import type { ContainerRuntime, SandboxStatus } from './container-runtime.ts';

/** Fresh looks at the runtime; many who ask at the same time share one. */
export class RuntimeView {
  readonly #runtime: Pick<ContainerRuntime, 'list'>;
  #running: Promise<unknown> | undefined;
  #queued: Promise<ReadonlyMap<string, SandboxStatus>> | undefined;

  constructor(runtime: Pick<ContainerRuntime, 'list'>) {
    this.#runtime = runtime;
  }

  /** All sandboxes by pod uid, no older than this call. */
  read(): Promise<ReadonlyMap<string, SandboxStatus>> {
    this.#queued ??= this.#readAfter(this.#running);
    return this.#queued;
  }

  async #readAfter(earlier: Promise<unknown> | undefined): Promise<ReadonlyMap<string, SandboxStatus>> {
    await earlier?.catch(() => {});
    this.#queued = undefined;
    const listing = this.#runtime.list();
    this.#running = listing;
    return new Map((await listing).map((sandbox) => [sandbox.podUid, sandbox]));
  }
}
