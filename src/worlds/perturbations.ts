import type { FaultsOfLife } from './fragile-components.ts';

/** `SLIPWAY_SIMULATION=long` tries many more cases than a check before each commit can. */
const isLong = process.env['SLIPWAY_SIMULATION'] === 'long';

export const seeds: readonly number[] = Array.from({ length: isLong ? 40 : 2 }, (_, index) => index + 1);

/** A crash at every write when there is time, else at every so many. */
export const crashStride: number = isLong ? 1 : 7;

export interface Perturbation {
  /** For the tests' titles. */
  readonly name: string;
  readonly faultsOf: (seed: number) => FaultsOfLife;
  /** A write may have been done although it failed: then something may be made twice, for a while. */
  readonly isAmbiguous?: boolean;
}

/** The three perturbations of Sieve (OSDI 22), all of them at once, and answers that get lost. */
export const perturbations: readonly Perturbation[] = [
  { name: 'late events', faultsOf: () => () => ({ watchDelayMaxMs: 3000 }) },
  {
    name: 'unobserved intermediate states',
    faultsOf: () => () => ({ watchBreakEveryMs: 2500, outageMaxMs: 4000 }),
  },
  {
    name: 'crashes',
    // Some lives end soon, and at another write each.
    faultsOf: (seed) => (life) =>
      life > 12 ? {} : { crash: { atWrite: 1 + ((seed * 7 + life * 3) % 9), isWritten: (seed + life) % 2 === 0 } },
  },
  {
    name: 'all of them and failing writes',
    faultsOf: (seed) => (life) => ({
      watchDelayMaxMs: 1500,
      watchBreakEveryMs: 5000,
      outageMaxMs: 2000,
      failureShare: 0.1,
      ...(life > 8
        ? {}
        : { crash: { atWrite: 3 + ((seed * 5 + life * 11) % 17), isWritten: (seed + life) % 2 === 1 } }),
    }),
  },
  {
    name: 'lost answers',
    faultsOf: () => () => ({ watchDelayMaxMs: 500, lostAnswerShare: 0.1 }),
    isAmbiguous: true,
  },
];
