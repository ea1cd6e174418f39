import type { Clock } from '../../std/clock.ts';
import type { Random } from '../../std/random.ts';
import type { AdmissionPlugin } from '../admission.ts';
import type { UserInfo } from '../exchange.ts';
import type { ResourceTable } from '../resource-table.ts';
import type { Store } from '../store/store.ts';

/** What the operations on objects stand on. */
export interface Registry {
  readonly store: Store;
  readonly resources: ResourceTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly admission: readonly AdmissionPlugin[];
}

/** Said by every write. */
export interface WriteContext {
  readonly user: UserInfo;
  /** Everything happens but the write. */
  readonly dryRun: boolean;
}
