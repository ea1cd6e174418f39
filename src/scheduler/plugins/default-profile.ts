import type { FilterPlugin, ScorePlugin } from '../framework/plugin.ts';
import { nodeAffinity } from './node-affinity/node-affinity.ts';
import { nodeName } from './node-name/node-name.ts';
import { nodePorts } from './node-ports/node-ports.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation/node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit/node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable/node-unschedulable.ts';
import { taintToleration } from './taint-toleration/taint-toleration.ts';

export interface Profile {
  readonly filters: readonly FilterPlugin[];
  readonly scores: readonly ScorePlugin[];
}

/** Upstream's default profile as far as it is served, in its order (apis/config/v1/default_plugins.go, 1.36). */
export const defaultProfile: Profile = {
  filters: [nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit],
  scores: [taintToleration, nodeAffinity, nodeResourcesFit, nodeResourcesBalancedAllocation],
};
