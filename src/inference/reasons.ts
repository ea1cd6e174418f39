/** Reasons of the operator's events. */
export const created = 'Created';
export const updated = 'Updated';
export const scaledToZero = 'ScaledToZero';
export const woken = 'Woken';
export const raised = 'Raised';
export const maxBelowMin = 'MaxBelowMin';
/** An Inference became ready, or failed; the event's message is its reason. */
export const ready = 'Ready';
export const failed = 'Failed';

/** Reasons of its conditions, beside the phases. */
export const replicasReady = 'ReplicasReady';
export const invalidSpec = 'InvalidSpec';
export const serverFailed = 'ServerFailed';
export const unschedulable = 'Unschedulable';
export const scheduled = 'Scheduled';
export const asleep = 'Asleep';
export const starting = 'Starting';
export const loaded = 'Loaded';
