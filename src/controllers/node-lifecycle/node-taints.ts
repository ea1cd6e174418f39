import type { Node, Taint } from '../../api/schema/core-v1.ts';

export const notReadyTaint: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' };
export const unreachableTaint: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };

const unschedulableKey = 'node.kubernetes.io/unschedulable';

/** Which status of which condition means which taint. */
const keysByCondition: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: notReadyTaint.key, Unknown: unreachableTaint.key },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const managedKeys = new Set([unschedulableKey, ...Object.values(keysByCondition).flatMap(Object.values)]);

const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;

export const hasTaint = ({ spec }: Node, taint: Taint): boolean =>
  (spec.taints ?? []).some((one) => isSame(one, taint));

export interface TaintChange {
  readonly add: readonly Taint[];
  readonly remove: readonly Taint[];
}

/** The NoSchedule taints that a node's conditions and its cordon ask for, and those that they no longer do. */
export function noScheduleChange({ spec, status }: Node): TaintChange {
  const keys = (status.conditions ?? []).flatMap(({ type, status: value }) => keysByCondition[type]?.[value] ?? []);
  if (spec.unschedulable === true) keys.push(unschedulableKey);
  const wanted = keys.map((key): Taint => ({ key, effect: 'NoSchedule' }));
  const present = (spec.taints ?? []).filter(({ key, effect }) => effect === 'NoSchedule' && managedKeys.has(key));
  return {
    add: wanted.filter((taint) => !present.some((one) => isSame(one, taint))),
    remove: present.filter((taint) => !wanted.some((one) => isSame(one, taint))),
  };
}

/** What the Ready condition means for running pods: the one NoExecute taint, and never the other. */
export function noExecuteChange(readyStatus: string): TaintChange {
  if (readyStatus === 'True') return { add: [], remove: [unreachableTaint, notReadyTaint] };
  return readyStatus === 'False'
    ? { add: [notReadyTaint], remove: [unreachableTaint] }
    : { add: [unreachableTaint], remove: [notReadyTaint] };
}

/** The taints after the change, new ones dated `now`; undefined when it changes nothing. */
export function tainted({ spec }: Node, { add, remove }: TaintChange, now: string): readonly Taint[] | undefined {
  const taints = spec.taints ?? [];
  const kept = taints.filter((taint) => !remove.some((one) => isSame(one, taint)));
  const added = add.filter((taint) => !taints.some((one) => isSame(one, taint)));
  if (kept.length === taints.length && added.length === 0) return undefined;
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: now }))];
}
