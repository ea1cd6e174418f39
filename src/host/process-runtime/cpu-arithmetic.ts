/** CPU quantities as the kernel takes them (pkg/kubelet/cm/helpers_linux.go, KEP 2254, opencontainers/cgroups). */

/** The kubelet's period, in microseconds. */
export const periodUs = 100_000;
const leastShares = 2;
const leastQuotaUs = 1000;

export function sharesOf(requestMillis: number): number {
  return Math.max(leastShares, Math.floor((requestMillis * 1024) / 1000));
}

/** undefined is no quota. */
export function quotaUsOf(limitMillis: number | undefined): number | undefined {
  if (limitMillis === undefined || limitMillis <= 0) return undefined;
  return Math.max(leastQuotaUs, Math.floor((limitMillis * periodUs) / 1000));
}

/** cpu.weight for cpu.shares, in the newer curve by which one CPU weighs the default 100. */
export function weightOf(shares: number): number {
  if (shares <= leastShares) return 1;
  if (shares >= 262_144) return 10_000;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}
