import { ageColumn, nameColumn, textColumn, wide } from '../../columns.ts';
import { findCondition } from '../../conditions.ts';
import type { KindDefinition, Mutable } from '../../kind.ts';
import { dns1123Subdomain } from '../../names.ts';
import { pods } from '../../resources.ts';
import type { Pod } from '../../schema/core-v1.ts';
import { setPodDefaults } from './pod-defaults.ts';
import { podQosClass } from './pod-qos.ts';
import { isPodTerminal } from './pod-readiness.ts';
import { summarizePod } from './pod-status-cell.ts';
import { validatePodStatusUpdate } from './pod-status-validation.ts';
import { validatePodUpdate } from './pod-update-validation.ts';
import { validatePodCreate } from './pod-validation.ts';
import { warningsOfName, warningsOfPodSpec } from './pod-warnings.ts';

const orNone = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text);

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/registry/core/pod/strategy.go. */
export const podKind: KindDefinition<Pod> = {
  resource: pods,
  subresources: ['binding', 'eviction', 'log', 'status'],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  defaultGraceSeconds: (pod) =>
    (pod.spec.nodeName ?? '') === '' || isPodTerminal(pod) ? 0 : (pod.spec.terminationGracePeriodSeconds ?? 30),
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    // Its name before v1.
    'spec.host': ({ spec }) => spec.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork ?? false),
    'status.phase': ({ status }) => status.phase ?? '',
    'status.podIP': ({ status }) => status.podIP ?? '',
    'status.nominatedNodeName': ({ status }) => status.nominatedNodeName ?? '',
  },
  columns: [
    nameColumn,
    textColumn('Ready', (pod, nowMs) => summarizePod(pod, nowMs).ready),
    textColumn('Status', (pod, nowMs) => summarizePod(pod, nowMs).status),
    textColumn('Restarts', (pod, nowMs) => summarizePod(pod, nowMs).restarts),
    ageColumn,
    wide(textColumn('IP', ({ status }) => orNone(status.podIPs?.[0]?.ip ?? status.podIP))),
    wide(textColumn('Node', ({ spec }) => orNone(spec.nodeName))),
    wide(textColumn('Nominated Node', ({ status }) => orNone(status.nominatedNodeName))),
    wide(textColumn('Readiness Gates', readinessGates)),
  ],
  validateName: dns1123Subdomain,
  setDefaults: setPodDefaults,
  prepareCreate(pod) {
    pod.status = { phase: 'Pending', qosClass: podQosClass(pod) };
    if ((pod.spec.schedulingGates ?? []).length === 0) return;
    const message = 'Scheduling is blocked due to non-empty scheduling gates';
    pod.status.conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }];
  },
  prepareStatusUpdate(pod, old) {
    if ((pod.status.qosClass ?? '') === '' && old.status.qosClass !== undefined)
      pod.status.qosClass = old.status.qosClass;
    keepObservedGenerations(pod, old);
  },
  validateCreate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  warnings: ({ metadata, spec }) => [
    ...warningsOfName(metadata.name ?? '', "the Pod's hostname"),
    ...warningsOfPodSpec(spec, ''),
  ],
};

/** Writers that know nothing of generations do not clear them, not even of conditions with the same type. */
function keepObservedGenerations({ status }: Mutable<Pod>, old: Pod): void {
  if ((status.observedGeneration ?? 0) === 0 && old.status.observedGeneration !== undefined)
    status.observedGeneration = old.status.observedGeneration;
  const before = Map.groupBy(old.status.conditions ?? [], ({ type }) => type);
  for (const condition of status.conditions ?? []) {
    const known = before.get(condition.type)?.shift()?.observedGeneration;
    if ((condition.observedGeneration ?? 0) === 0 && known !== undefined) condition.observedGeneration = known;
  }
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const open = gates.filter(({ conditionType }) => findCondition(status.conditions, conditionType)?.status === 'True');
  return `${open.length}/${gates.length}`;
}
