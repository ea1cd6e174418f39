/** Where a server is on its way. It serves only while `ready`. */
export type Phase = 'downloading' | 'loading' | 'warming' | 'ready' | 'draining';

export type Progress = Readonly<Record<string, number | string>>;

/** The phase, its progress, and how long the phases that are over took. What `GET /health` answers. */
export class Readiness {
  #phase: Phase = 'loading';
  #progress: Progress = {};
  #enteredMs: number;
  readonly #durations: Record<string, number> = {};
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#enteredMs = now();
  }

  get phase(): Phase {
    return this.#phase;
  }

  enter(phase: Phase): void {
    if (phase === this.#phase) return;
    const key = durationKeys[this.#phase];
    if (key !== undefined) {
      this.#durations[key] = (this.#durations[key] ?? 0) + Math.round(this.#now() - this.#enteredMs);
    }
    this.#phase = phase;
    this.#progress = {};
    this.#enteredMs = this.#now();
  }

  /** Replaces the progress of the phase, as `{ receivedBytes, totalBytes }`. */
  progress(progress: Progress): void {
    this.#progress = progress;
  }

  body(): object {
    return { phase: this.#phase, ...this.#progress, durations: this.#durations };
  }
}

const durationKeys: Readonly<Partial<Record<Phase, string>>> = {
  downloading: 'downloadMs',
  loading: 'loadMs',
  warming: 'warmMs',
};
