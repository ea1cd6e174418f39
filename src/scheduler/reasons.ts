/** Event reasons (pkg/scheduler/schedule_one.go) and the condition's reason. */
export const scheduled = 'Scheduled';
export const failedScheduling = 'FailedScheduling';
export const unschedulable = 'Unschedulable';
export const schedulingGated = 'SchedulingGated';
