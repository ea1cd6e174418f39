import { badRequest, ApiError } from '../api/error.ts';
import type { PodLogs } from '../apiserver/backends.ts';
import { RuntimeError, type ContainerRuntime } from '../node/container-runtime.ts';

/** `pods/log` from the runtime of the pod's node. */
export function localPodLogs(runtimeOf: (node: string) => ContainerRuntime): PodLogs {
  return {
    async *read(pod, { container, ...options }, signal) {
      const { namespace = '', name, uid } = pod.metadata;
      const node = pod.spec.nodeName ?? '';
      const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
      const status = statuses.find((each) => each.name === container);
      const hasStarted =
        status?.state.running !== undefined ||
        status?.state.terminated !== undefined ||
        status?.lastState.terminated !== undefined;
      // Worded as the kubelet does (kubelet_pods.go validateContainerLogStatus).
      if (node === '' || !hasStarted) {
        const reason = status?.state.waiting?.reason;
        throw badRequest(
          `container "${container}" in pod "${name}" is waiting to start${reason === undefined ? '' : `: ${reason}`}`,
        );
      }
      if (options.previous && status?.lastState.terminated === undefined) {
        throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
      }
      try {
        yield* runtimeOf(node).logs(uid, container, options, signal);
      } catch (error) {
        if (error instanceof RuntimeError)
          throw new ApiError('NotFound', `the logs of ${namespace}/${name} are gone: ${error.message}`, {
            cause: error,
          });
        throw error;
      }
    },
  };
}
