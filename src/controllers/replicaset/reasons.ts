/** Event and condition reasons (pkg/controller/controller_utils.go). */
export const successfulCreate = 'SuccessfulCreate';
export const failedCreate = 'FailedCreate';
export const successfulDelete = 'SuccessfulDelete';
export const failedDelete = 'FailedDelete';

/** The one condition type of a ReplicaSet. */
export const replicaFailure = 'ReplicaFailure';
