/** Condition and event reasons (pkg/controller/disruption, k8s.io/api/policy/v1). */
export const disruptionAllowed = 'DisruptionAllowed';
export const sufficientPods = 'SufficientPods';
export const insufficientPods = 'InsufficientPods';
export const syncFailed = 'SyncFailed';

export const noPods = 'NoPods';
export const calculateExpectedPodCountFailed = 'CalculateExpectedPodCountFailed';
export const unmanagedPods = 'UnmanagedPods';
export const notDeleted = 'NotDeleted';
