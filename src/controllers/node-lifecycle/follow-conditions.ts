import { isNotFound } from '../../api/error.ts';
import { nodes } from '../../api/resources.ts';
import type { Node } from '../../api/schema/core-v1.ts';
import { type Reconciler, type Request, type Result, done } from '../../machinery/controller.ts';
import type { Lister } from '../../machinery/lister.ts';
import type { World } from '../../machinery/world.ts';
import { applyTaints } from './apply-taints.ts';
import { noScheduleChange } from './node-taints.ts';

const legacyLabels = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const;

/** NoSchedule taints by the conditions, and legacy labels. Upstream: doNoScheduleTaintingPass, reconcileNodeLabels. */
export function followConditions(world: Pick<World, 'client' | 'clock'>, lister: Lister<Node>): Reconciler {
  return {
    async reconcile({ name }: Request): Promise<Result> {
      const node = lister.get({ name });
      if (node === undefined) return done;
      await applyTaints(world, node, noScheduleChange(node));
      const labels = missingLabels(node);
      if (labels === undefined) return done;
      const body = { metadata: { uid: node.metadata.uid, labels } };
      await world.client.patch(nodes, node.metadata, { type: 'merge', body }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      return done;
    },
  };
}

function missingLabels({ metadata: { labels = {} } }: Node): Readonly<Record<string, string>> | undefined {
  const missing = legacyLabels.flatMap(([label, legacy]) => {
    const value = labels[label];
    return value === undefined || labels[legacy] === value ? [] : [[legacy, value] as const];
  });
  return missing.length === 0 ? undefined : Object.fromEntries(missing);
}
