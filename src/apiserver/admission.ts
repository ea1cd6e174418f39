import type { Mutable } from '../api/kind.ts';
import type { KubernetesObject, Resource } from '../api/resource.ts';
import type { UserInfo } from './exchange.ts';

/** One write on its way to the store, as an admission plugin sees it. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly resource: Resource;
  /** '' for the resource itself. */
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Not there for DELETE. `admit` may change it in place. */
  readonly object: Mutable<KubernetesObject> | undefined;
  /** Not there for CREATE. */
  readonly old: KubernetesObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
}

/**
 * A rule beyond one object's own validity (upstream plugin/pkg/admission). Runs synchronously at the write's
 * turn, so that what it reads is current. Refuses by throwing ApiError, Forbidden as a rule.
 */
export interface AdmissionPlugin {
  readonly name: string;
  /** Before validation: sets what the caller left open. */
  admit?(request: AdmissionRequest): void;
  /** After all mutation. */
  validate?(request: AdmissionRequest): void;
}
