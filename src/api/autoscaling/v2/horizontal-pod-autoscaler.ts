import { ageColumn, countColumn, nameColumn, textColumn } from '../../columns.ts';
import type { KindDefinition } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { horizontalPodAutoscalers } from '../../resources.ts';
import type { HorizontalPodAutoscaler } from '../../schema/autoscaling-v2.ts';
import { setHorizontalPodAutoscalerDefaults } from './horizontal-pod-autoscaler-defaults.ts';
import {
  validateHorizontalPodAutoscaler,
  validateHorizontalPodAutoscalerStatus,
  validateHorizontalPodAutoscalerUpdate,
} from './horizontal-pod-autoscaler-validation.ts';
import { metricsText } from './metrics-cell.ts';

/** Upstream: pkg/apis/autoscaling/v2/defaults.go, pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go. */
export const horizontalPodAutoscalerKind: KindDefinition<HorizontalPodAutoscaler> = {
  resource: horizontalPodAutoscalers,
  subresources: ['status'],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Reference', ({ spec: { scaleTargetRef } }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`),
    textColumn('Targets', ({ spec, status }) => metricsText(spec.metrics ?? [], status.currentMetrics ?? [])),
    textColumn('MinPods', ({ spec }) => (spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas))),
    countColumn('MaxPods', ({ spec }) => spec.maxReplicas),
    countColumn('Replicas', ({ status }) => status.currentReplicas ?? 0),
    ageColumn,
  ],
  validateName: dns1123Subdomain,
  setDefaults: setHorizontalPodAutoscalerDefaults,
  prepareCreate(autoscaler) {
    autoscaler.status = { desiredReplicas: 0, currentMetrics: [] } as unknown as typeof autoscaler.status;
  },
  validateCreate: validateHorizontalPodAutoscaler,
  validateUpdate: validateHorizontalPodAutoscalerUpdate,
  validateStatusUpdate: validateHorizontalPodAutoscalerStatus,
};
