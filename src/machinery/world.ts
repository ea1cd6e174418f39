import type { Clock } from '../std/clock.ts';
import type { Random } from '../std/random.ts';
import type { Client } from './client.ts';
import type { Log } from './log.ts';

/** What every component is built from. The three worlds differ only in what stands behind it. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly client: Client;
  readonly log: Log;
}
