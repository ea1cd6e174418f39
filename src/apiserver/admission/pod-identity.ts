import { forbidden } from '../../api/error.ts';
import type { Mutable } from '../../api/kind.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { AdmissionPlugin } from '../admission.ts';

/** The priority classes that every cluster has; others are not served yet (pkg/apis/scheduling). */
const systemPriorities: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/**
 * What upstream's plugins ServiceAccount and Priority write into a new pod: whose name it has, and how much it
 * matters. Tokens are not mounted.
 */
export const podIdentity: AdmissionPlugin = {
  name: 'ServiceAccount, Priority',
  admit({ operation, resource, subresource, object }) {
    if (operation !== 'CREATE' || subresource !== '' || resource.group !== '' || resource.kind !== 'Pod') return;
    const { metadata, spec } = object as Mutable<Pod>;
    if ((spec.serviceAccountName ?? '') === '') spec.serviceAccountName = 'default';
    spec.serviceAccount = spec.serviceAccountName ?? 'default';
    const name = spec.priorityClassName ?? '';
    const priority = name === '' ? 0 : systemPriorities[name];
    const refuse = (why: string): never => {
      throw forbidden(resource, metadata.name, why);
    };
    if (priority === undefined) return refuse(`no PriorityClass with name ${name} was found`);
    if (spec.priority !== undefined && spec.priority !== priority) {
      return refuse(
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
      );
    }
    spec.priority = priority;
    spec.preemptionPolicy ??= 'PreemptLowerPriority';
  },
};
