/**
 * Resource versions are decimal numbers in the order of the writes; since 1.35 Kubernetes lets clients
 * compare those of one resource (apimachinery pkg/util/resourceversion). Negative, zero or positive.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
