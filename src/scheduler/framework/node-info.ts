import type { Node, Pod } from '../../api/schema/core-v1.ts';
import { amountsOf, requestOf, scoredRequestOf, type Amounts } from './amounts.ts';

/** A node with what the pods on it take, kept up by adding and removing pods. */
export class NodeInfo {
  readonly #pods = new Map<string, PodOnNode>();
  readonly #requested = new Map<string, number>();
  readonly #scored = new Map<string, number>();
  #node: Node | undefined;
  #allocatable: Amounts = new Map();

  /** undefined while pods are known to be on a node that is not (yet, or any more). */
  get node(): Node | undefined {
    return this.#node;
  }

  set node(node: Node | undefined) {
    this.#node = node;
    this.#allocatable = amountsOf(node?.status.allocatable);
  }

  get allocatable(): Amounts {
    return this.#allocatable;
  }

  get podCount(): number {
    return this.#pods.size;
  }

  get pods(): Iterable<Pod> {
    return [...this.#pods.values()].map(({ pod }) => pod);
  }

  requested(resource: string): number {
    return this.#requested.get(resource) ?? 0;
  }

  /** For scores: containers without requests weigh something. */
  scoredRequested(resource: string): number {
    return this.#scored.get(resource) ?? 0;
  }

  /** Replaces the pod of the same uid. */
  add(pod: Pod): void {
    this.remove(pod.metadata.uid);
    const entry: PodOnNode = { pod, requested: requestOf(pod), scored: scoredRequestOf(pod) };
    this.#pods.set(pod.metadata.uid, entry);
    accumulate(this.#requested, entry.requested, 1);
    accumulate(this.#scored, entry.scored, 1);
  }

  remove(uid: string): void {
    const entry = this.#pods.get(uid);
    if (entry === undefined) return;
    this.#pods.delete(uid);
    accumulate(this.#requested, entry.requested, -1);
    accumulate(this.#scored, entry.scored, -1);
  }
}

interface PodOnNode {
  readonly pod: Pod;
  readonly requested: Amounts;
  readonly scored: Amounts;
}

function accumulate(total: Map<string, number>, amounts: Amounts, sign: 1 | -1): void {
  for (const [name, amount] of amounts) total.set(name, (total.get(name) ?? 0) + sign * amount);
}
