import { isConflict, isNotFound } from '../../api/error.ts';
import { nodes } from '../../api/resources.ts';
import type { Node } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import type { World } from '../../machinery/world.ts';
import { type TaintChange, tainted } from './node-taints.ts';

/** Adds and removes taints in one write, on what is there now if the given node is outdated; none when nothing changes. */
export async function applyTaints(
  world: Pick<World, 'client' | 'clock'>,
  node: Node,
  change: TaintChange,
): Promise<void> {
  const taints = tainted(node, change, timestamp(world.clock.now()));
  if (taints === undefined) return;
  const { uid, resourceVersion } = node.metadata;
  const body = { metadata: { uid, resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
  try {
    await world.client.patch(nodes, node.metadata, { type: 'merge', body });
  } catch (error) {
    if (isNotFound(error)) return;
    if (!isConflict(error)) throw error;
    const live = await world.client.get(nodes, node.metadata);
    if (live.metadata.uid !== uid || live.metadata.resourceVersion === resourceVersion) return;
    await applyTaints(world, live, change);
  }
}
