export type ProbeType = 'startup' | 'readiness' | 'liveness';

/** `unknown`: a container whose startup probe has not come to a verdict. */
export type ProbeVerdict = 'success' | 'failure' | 'unknown';

/** Verdicts on containers, by their ids: a container that is started anew has none. */
export class ProbeResults {
  readonly #verdicts = new Map<string, ProbeVerdict>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get(type: ProbeType, containerID: string): ProbeVerdict | undefined {
    return this.#verdicts.get(`${type} ${containerID}`);
  }

  set(type: ProbeType, containerID: string, verdict: ProbeVerdict): void {
    const key = `${type} ${containerID}`;
    if (this.#verdicts.get(key) === verdict) return;
    this.#verdicts.set(key, verdict);
    this.#onChange();
  }

  remove(type: ProbeType, containerID: string): void {
    this.#verdicts.delete(`${type} ${containerID}`);
  }
}
