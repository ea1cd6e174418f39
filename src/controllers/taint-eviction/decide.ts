import { tolerates } from '../../api/core/v1/tolerations.ts';
import type { Taint, Toleration } from '../../api/schema/core-v1.ts';

export type Verdict =
  | { readonly verdict: 'stay'; readonly because: 'NoTaints' | 'ToleratedForever' }
  | { readonly verdict: 'evict'; readonly afterMs: number; readonly because: 'Untolerated' | 'ToleratedForAWhile' };

export const noExecuteTaints = (taints: readonly Taint[] | undefined): readonly Taint[] =>
  (taints ?? []).filter(({ effect }) => effect === 'NoExecute');

/** What a node's NoExecute taints mean for a pod on it. Upstream: processPodOnNode, GetMatchingTolerations, getMinTolerationTime. */
export function decide(taints: readonly Taint[], tolerations: readonly Toleration[] | undefined): Verdict {
  if (taints.length === 0) return { verdict: 'stay', because: 'NoTaints' };
  // The first toleration that matches a taint is the one that counts for it.
  const used = taints.map((taint) => (tolerations ?? []).find((toleration) => tolerates(toleration, taint)));
  if (used.includes(undefined)) return { verdict: 'evict', afterMs: 0, because: 'Untolerated' };
  const seconds = used.flatMap((toleration) => toleration?.tolerationSeconds ?? []);
  if (seconds.length === 0) return { verdict: 'stay', because: 'ToleratedForever' };
  return { verdict: 'evict', afterMs: Math.max(0, Math.min(...seconds)) * 1000, because: 'ToleratedForAWhile' };
}
