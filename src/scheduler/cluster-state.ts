import { isPodTerminal } from '../api/core/v1/pod-readiness.ts';
import type { Node, Pod } from '../api/schema/core-v1.ts';
import { NodeInfo } from './framework/node-info.ts';

/**
 * The scheduler's picture: nodes with the pods bound to them, and those it has just decided
 * on (assumed), so that the next pod does not take the same room while the binding is under way.
 */
export class ClusterState {
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #nodeOfPod = new Map<string, string>();

  /** In the order in which the nodes came: with equal scores that decides who is asked first. */
  get nodes(): readonly NodeInfo[] {
    return [...this.#nodes.values()].filter(({ node }) => node !== undefined);
  }

  setNode(node: Node): void {
    this.#info(node.metadata.name).node = node;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (info === undefined) return;
    info.node = undefined;
    if (info.podCount === 0) this.#nodes.delete(name);
  }

  /** A pod that has a node; a finished one takes nothing any more. */
  setPod(pod: Pod): void {
    const node = pod.spec.nodeName ?? '';
    if (node === '' || isPodTerminal(pod)) return this.removePod(pod.metadata.uid);
    this.#place(pod, node);
  }

  removePod(uid: string): void {
    const name = this.#nodeOfPod.get(uid);
    if (name === undefined) return;
    this.#nodeOfPod.delete(uid);
    const info = this.#nodes.get(name);
    info?.remove(uid);
    if (info?.node === undefined && info?.podCount === 0) this.#nodes.delete(name);
  }

  assume(pod: Pod, node: string): void {
    this.#place(pod, node);
  }

  #place(pod: Pod, node: string): void {
    const { uid } = pod.metadata;
    if (this.#nodeOfPod.get(uid) !== node) this.removePod(uid);
    this.#nodeOfPod.set(uid, node);
    this.#info(node).add(pod);
  }

  #info(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (info === undefined) {
      info = new NodeInfo();
      this.#nodes.set(name, info);
    }
    return info;
  }
}
