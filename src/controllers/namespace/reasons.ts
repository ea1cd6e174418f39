/** Condition types and reasons (pkg/controller/namespace/deletion/status_condition_utils.go). */
export const discoveryFailure = 'NamespaceDeletionDiscoveryFailure';
export const groupVersionParsingFailure = 'NamespaceDeletionGroupVersionParsingFailure';
export const contentFailure = 'NamespaceDeletionContentFailure';
export const contentRemaining = 'NamespaceContentRemaining';
export const finalizersRemaining = 'NamespaceFinalizersRemaining';

export const contentDeletionFailed = 'ContentDeletionFailed';
export const someResourcesRemain = 'SomeResourcesRemain';
export const someFinalizersRemain = 'SomeFinalizersRemain';
