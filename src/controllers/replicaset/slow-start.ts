/**
 * Calls `attempt` `count` times in batches of 1, 2, 4 …, each batch at once. The first batch with a failure is the
 * last one: what is refused once is mostly refused always (a quota), and hundreds of tries would only be noise.
 * Rejects with the first failure once its batch has ended. Upstream: slowStartBatch in replica_set.go.
 */
export async function slowStart(count: number, attempt: () => Promise<void>): Promise<void> {
  let remaining = count;
  for (let size = Math.min(remaining, 1); size > 0; size = Math.min(2 * size, remaining)) {
    const results = await Promise.allSettled(Array.from({ length: size }, attempt));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    remaining -= size;
  }
}
