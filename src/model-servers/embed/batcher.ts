import { setImmediate } from 'node:timers/promises';
import { RequestError } from '../openai-http/request-error.ts';

/** One request's texts, as tokens. */
export type Texts = readonly (readonly number[])[];

export interface BatcherOptions {
  readonly run: (batch: Texts) => Promise<readonly Float32Array[]>;
  readonly maxTexts: number;
  /** A batch of long texts is cut earlier, so that health checks are answered between batches. */
  readonly maxTokens: number;
  /** Texts that may wait, over all requests. */
  readonly maxWaiting: number;
  /** Told the tokens of every batch. */
  readonly onBatch: (tokens: number) => void;
}

interface Item {
  readonly job: Job;
  readonly index: number;
  readonly tokens: readonly number[];
}

interface Job {
  readonly vectors: Float32Array[];
  readonly settle: (error?: unknown) => void;
  readonly onStart: () => void;
  left: number;
  started: boolean;
  over: boolean;
}

/**
 * Dynamic batching: what has arrived while the model was busy goes into the next batch, first come, first served,
 * whichever requests it belongs to. An idle model starts at once, so a lone request waits for nobody.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  #line: Item[] = [];
  readonly #jobs = new Set<Job>();
  #running = false;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** Requests of which a text is or was in a batch. */
  get runningRequests(): number {
    return [...this.#jobs].filter(({ started }) => started).length;
  }

  get waitingRequests(): number {
    return this.#jobs.size - this.runningRequests;
  }

  /**
   * A vector for each text. Throws RequestError 429 when too many texts wait, and the signal's reason when it aborts; what
   * is not yet in a batch is then dropped.
   */
  async embed(texts: Texts, signal: AbortSignal, onStart: () => void): Promise<readonly Float32Array[]> {
    signal.throwIfAborted();
    if (this.#line.length > 0 && this.#line.length + texts.length > this.#options.maxWaiting) {
      throw new RequestError(429, `the server is busy: ${this.#line.length} texts wait already`, {
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
        headers: { 'retry-after': '1' },
      });
    }
    return await new Promise((resolve, reject) => {
      const abort = (): void => job.settle(signal.reason);
      const job: Job = {
        vectors: [],
        left: texts.length,
        started: false,
        over: false,
        onStart,
        settle: (error) => {
          job.over = true;
          this.#jobs.delete(job);
          signal.removeEventListener('abort', abort);
          if (error === undefined) resolve(job.vectors);
          else reject(error as Error);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#jobs.add(job);
      this.#line.push(...texts.map((tokens, index) => ({ job, index, tokens })));
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    // Requests that arrive in the same turn of the event loop share the first batch.
    await setImmediate();
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      await this.#run(batch);
      await setImmediate();
    }
    this.#running = false;
  }

  #next(): Item[] {
    this.#line = this.#line.filter(({ job }) => !job.over);
    let tokens = 0;
    const end = this.#line.findIndex((item, i) => {
      tokens += item.tokens.length;
      return i > 0 && (i >= this.#options.maxTexts || tokens > this.#options.maxTokens);
    });
    return this.#line.splice(0, end === -1 ? this.#line.length : end);
  }

  async #run(batch: readonly Item[]): Promise<void> {
    for (const { job } of batch) {
      if (job.started) continue;
      job.started = true;
      job.onStart();
    }
    try {
      const vectors = await this.#options.run(batch.map(({ tokens }) => tokens));
      this.#options.onBatch(batch.reduce((sum, { tokens }) => sum + tokens.length, 0));
      batch.forEach(({ job, index }, i) => {
        job.vectors[index] = vectors[i] ?? new Float32Array();
        job.left--;
        if (job.left === 0 && !job.over) job.settle();
      });
    } catch (error) {
      for (const { job } of batch) if (!job.over) job.settle(error);
    }
  }
}
