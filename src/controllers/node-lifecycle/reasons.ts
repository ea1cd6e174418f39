/** Condition and event reasons (pkg/controller/nodelifecycle, pkg/controller/util/node). */
export const nodeStatusUnknown = 'NodeStatusUnknown';
export const nodeStatusNeverUpdated = 'NodeStatusNeverUpdated';

export const registeredNode = 'RegisteredNode';
export const removingNode = 'RemovingNode';
/** On the node that stopped being ready and on each of its pods. */
export const nodeNotReady = 'NodeNotReady';
