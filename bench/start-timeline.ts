import { endpointSlices, pods } from '../src/api/resources.ts';
import type { Pod } from '../src/api/schema/core-v1.ts';
import type { EndpointSlice } from '../src/api/schema/discovery-v1.ts';
import { inferenceLabel } from '../src/api/slipway/v1alpha1/inference.ts';
import { HttpClient } from '../src/host/http-client.ts';
import { readKubeconfig } from '../src/host/kubeconfig.ts';
import { systemClock } from '../src/host/system-clock.ts';
import { Informer } from '../src/machinery/informer.ts';
import { silentLog } from '../src/machinery/log.ts';
import { seededRandom } from '../src/std/random.ts';

/** The way of one model from a command to an answer, in its order; `gateway Ready` beside it. */
export const startSteps = ['scheduled', 'process runs', 'Ready', 'in its Service', 'gateway Ready'] as const;
export type StartStep = (typeof startSteps)[number];

/** When each step of a start was first seen from outside, as performance.now() tells. */
export class StartTimeline {
  readonly seen: Map<StartStep, number> = new Map<StartStep, number>();
  readonly #inference: string;
  /** What is older is an earlier engine's. Times of objects are whole seconds. */
  readonly #sinceMs = Math.floor(Date.now() / 1000) * 1000;
  readonly #pods: Informer<Pod>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #client: HttpClient;
  #isReady = false;

  constructor(kubeconfig: string, inference: string) {
    this.#inference = inference;
    this.#client = new HttpClient(readKubeconfig(kubeconfig));
    const world = { clock: systemClock, random: seededRandom(1), client: this.#client, log: silentLog };
    this.#pods = new Informer(world, pods);
    this.#slices = new Informer(world, endpointSlices);
    this.#pods.onChange(({ current }) => current !== undefined && this.#seePod(current));
    this.#slices.onChange(({ current }) => current !== undefined && this.#seeSlice(current));
    this.#pods.start();
    this.#slices.start();
  }

  /** Resolves when all steps were seen. */
  async whole(): Promise<void> {
    await this.#slices.until(() => this.seen.has('in its Service'));
    await this.#pods.until(() => this.seen.has('gateway Ready'));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#pods.stop(), this.#slices.stop()]);
    this.#client.close();
  }

  #seePod({ metadata, spec, status }: Pod): void {
    const inference = metadata.labels?.[inferenceLabel];
    if (metadata.deletionTimestamp !== undefined) return;
    const startedAt = status?.containerStatuses?.[0]?.state.running?.startedAt ?? '';
    const runs = Date.parse(startedAt) >= this.#sinceMs;
    const isReady =
      runs && status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
    if (inference === undefined) {
      if (isReady) this.#note('gateway Ready');
      return;
    }
    if (inference !== this.#inference) return;
    if ((spec.nodeName ?? '') !== '') this.#note('scheduled');
    if (runs) this.#note('process runs');
    if (!isReady) return;
    this.#note('Ready');
    this.#isReady = true;
    for (const slice of this.#slices.lister.list()) this.#seeSlice(slice);
  }

  #seeSlice({ metadata, endpoints }: EndpointSlice): void {
    if (!this.#isReady || metadata.labels?.[inferenceLabel] !== this.#inference) return;
    if (endpoints?.some(({ conditions }) => conditions?.ready === true) === true) this.#note('in its Service');
  }

  #note(step: StartStep): void {
    if (!this.seen.has(step)) this.seen.set(step, performance.now());
  }
}
