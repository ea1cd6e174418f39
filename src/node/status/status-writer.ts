import { ApiError, isConflict, isNotFound } from '../../api/error.ts';
import { pods } from '../../api/resources.ts';
import type { Pod, PodStatus } from '../../api/schema/core-v1.ts';
import type { Client } from '../../machinery/client.ts';
import type { Log } from '../../machinery/log.ts';
import { compareResourceVersions } from '../../machinery/resource-version.ts';
import { isEqual } from '../../std/is-equal.ts';

/** What came of a write. `outdated`: somebody else changed the pod; look again. */
export type Written = 'current' | 'outdated' | 'gone' | 'failed';

/** The agent's latest copy of one pod, and the way to report its status. */
export class StatusWriter {
  readonly #client: Client;
  readonly #log: Log;
  #pod: Pod;
  #isGone = false;
  #sent: PodStatus | undefined;
  #sentVersion = '';

  constructor({ client, log }: { readonly client: Client; readonly log: Log }, pod: Pod) {
    this.#client = client;
    this.#log = log;
    this.#pod = pod;
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The object is no more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** True when the copy is newer than what was known: informers may be behind the agent's own writes. */
  take(pod: Pod): boolean {
    if (compareResourceVersions(pod.metadata.resourceVersion, this.#pod.metadata.resourceVersion) <= 0) return false;
    this.#pod = pod;
    return true;
  }

  lose(): void {
    this.#isGone = true;
  }

  async write(status: PodStatus): Promise<Written> {
    if (this.#isGone) return 'gone';
    const { resourceVersion } = this.#pod.metadata;
    // What the server made of the last report is what it will make of the same one.
    const isSent = this.#sentVersion === resourceVersion && isEqual(status, this.#sent);
    if (isSent || isEqual(status, this.#pod.status)) return 'current';
    try {
      const written = await this.#client.update(pods, { ...this.#pod, status }, { subresource: 'status' });
      this.take(written);
      this.#sent = status;
      this.#sentVersion = written.metadata.resourceVersion;
      return 'current';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isNotFound(error)) return this.#lost();
      if (isConflict(error)) return this.#refresh();
      this.#log.warn('the status of a pod could not be reported', { pod: this.#text, error });
      return 'failed';
    }
  }

  /** The end of a pod that was to be deleted and runs no more: false when it must be tried again. */
  async delete(): Promise<boolean> {
    const { uid } = this.#pod.metadata;
    try {
      await this.#client.delete(pods, this.#pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Another pod has taken the name: this one is gone already.
      if (isNotFound(error) || isConflict(error)) return true;
      this.#log.warn('a pod could not be deleted', { pod: this.#text, error });
      return false;
    }
  }

  async #refresh(): Promise<Written> {
    try {
      const live = await this.#client.get(pods, this.#pod.metadata);
      if (live.metadata.uid !== this.#pod.metadata.uid) return this.#lost();
      this.take(live);
      return 'outdated';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return isNotFound(error) ? this.#lost() : 'failed';
    }
  }

  #lost(): Written {
    this.#isGone = true;
    return 'gone';
  }

  get #text(): string {
    return `${this.#pod.metadata.namespace}/${this.#pod.metadata.name}`;
  }
}
