/** Event reasons of the kubelet (pkg/kubelet/events/event.go). */
export const pulling = 'Pulling';
export const pulled = 'Pulled';
export const inspectFailed = 'InspectFailed';
export const created = 'Created';
export const started = 'Started';
export const failed = 'Failed';
export const killing = 'Killing';
export const backOff = 'BackOff';
export const unhealthy = 'Unhealthy';
export const probeWarning = 'ProbeWarning';
export const failedPostStartHook = 'FailedPostStartHook';
export const failedPreStopHook = 'FailedPreStopHook';
export const failedCreatePodSandBox = 'FailedCreatePodSandBox';
export const sandboxChanged = 'SandboxChanged';
export const failedKillPod = 'FailedKillPod';
export const starting = 'Starting';
export const nodeReady = 'NodeReady';
export const nodeNotReady = 'NodeNotReady';
/** Of a pod that was active for longer than it may be (pkg/kubelet/active_deadline.go). */
export const deadlineExceeded = 'DeadlineExceeded';

/** Waiting reasons of containers (pkg/kubelet/container/sync_result.go, images/types.go, kuberuntime). */
export const crashLoopBackOff = 'CrashLoopBackOff';
export const errImagePull = 'ErrImagePull';
export const imagePullBackOff = 'ImagePullBackOff';
export const errImageNeverPull = 'ErrImageNeverPull';
export const invalidImageName = 'InvalidImageName';
export const createContainerConfigError = 'CreateContainerConfigError';
export const createContainerError = 'CreateContainerError';
export const runContainerError = 'RunContainerError';
export const postStartHookError = 'PostStartHookError';
