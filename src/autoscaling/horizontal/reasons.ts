/** Reasons of conditions and events, as upstream spells them (pkg/controller/podautoscaler/horizontal.go). */
export const reasons = {
  failedGetScale: 'FailedGetScale',
  succeededGetScale: 'SucceededGetScale',
  failedUpdateScale: 'FailedUpdateScale',
  succeededRescale: 'SucceededRescale',
  successfulRescale: 'SuccessfulRescale',
  failedRescale: 'FailedRescale',
  failedUpdateStatus: 'FailedUpdateStatus',
  failedComputeMetricsReplicas: 'FailedComputeMetricsReplicas',
  selectorRequired: 'SelectorRequired',
  invalidSelector: 'InvalidSelector',
  ambiguousSelector: 'AmbiguousSelector',
  scalingDisabled: 'ScalingDisabled',
  validMetricFound: 'ValidMetricFound',
  failedGetResourceMetric: 'FailedGetResourceMetric',
  failedGetContainerResourceMetric: 'FailedGetContainerResourceMetric',
  failedGetPodsMetric: 'FailedGetPodsMetric',
  failedGetObjectMetric: 'FailedGetObjectMetric',
  failedGetExternalMetric: 'FailedGetExternalMetric',
  invalidMetricSourceType: 'InvalidMetricSourceType',
  readyForNewScale: 'ReadyForNewScale',
  scaleUpStabilized: 'ScaleUpStabilized',
  scaleDownStabilized: 'ScaleDownStabilized',
  desiredWithinRange: 'DesiredWithinRange',
  tooFewReplicas: 'TooFewReplicas',
  tooManyReplicas: 'TooManyReplicas',
  scaleUpLimit: 'ScaleUpLimit',
  scaleDownLimit: 'ScaleDownLimit',
} as const;

/** A decision's name and its sentence, as they stand in a condition. */
export interface Reasoned {
  readonly reason: string;
  readonly message: string;
}
