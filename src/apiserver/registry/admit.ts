import type { KubernetesObject, Resource } from '../../api/resource.ts';
import type { AdmissionRequest } from '../admission.ts';
import type { DraftObject } from './draft-object.ts';
import type { Registry, WriteContext } from './registry.ts';

export interface Admitted {
  readonly operation: AdmissionRequest['operation'];
  readonly resource: Resource;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: DraftObject | undefined;
  readonly old: KubernetesObject | undefined;
}

/** Lets every plugin change the object, in their order. */
export function admit({ admission }: Registry, admitted: Admitted, context: WriteContext): void {
  for (const plugin of admission) plugin.admit?.({ ...admitted, ...context });
}

/** Lets every plugin refuse the write. */
export function admitFinal({ admission }: Registry, admitted: Admitted, context: WriteContext): void {
  for (const plugin of admission) plugin.validate?.({ ...admitted, ...context });
}
