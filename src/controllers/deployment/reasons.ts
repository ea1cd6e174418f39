/** Reasons of conditions and events (pkg/controller/deployment/util). */
export const progressing = 'Progressing';
export const available = 'Available';
export const replicaFailure = 'ReplicaFailure';

export const replicaSetUpdated = 'ReplicaSetUpdated';
export const replicaSetCreateError = 'ReplicaSetCreateError';
export const newReplicaSetCreated = 'NewReplicaSetCreated';
export const foundNewReplicaSet = 'FoundNewReplicaSet';
export const newReplicaSetAvailable = 'NewReplicaSetAvailable';
export const progressDeadlineExceeded = 'ProgressDeadlineExceeded';
export const deploymentPaused = 'DeploymentPaused';
export const deploymentResumed = 'DeploymentResumed';

export const minimumReplicasAvailable = 'MinimumReplicasAvailable';
export const minimumReplicasUnavailable = 'MinimumReplicasUnavailable';

export const scalingReplicaSet = 'ScalingReplicaSet';
export const selectingAll = 'SelectingAll';
