/** Condition reason (k8s.io/api/core/v1, pkg/controller/podgc). */
export const deletionByPodGc = 'DeletionByPodGC';
