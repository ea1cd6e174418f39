import { randomBytes } from 'node:crypto';
import type { Log } from '../machinery/log.ts';
import { seededRandom, type Random } from '../std/random.ts';

/**
 * Chance for a world on a real machine: a seed of 128 bits from the system, logged so that a run can be repeated
 * in the twin. Therefore never for secrets: tokens and keys come from node:crypto directly.
 */
export function entropy(log: Log): Random {
  const seed = randomBytes(16).toString('hex');
  log.info('chance is seeded', { seed });
  return seededRandom(seed);
}
