import { pods } from '../../api/resources.ts';
import type { Mutable } from '../../api/kind.ts';
import type { Pod, Toleration } from '../../api/schema/core-v1.ts';
import type { AdmissionPlugin } from '../admission.ts';

/** Upstream's defaults of --default-not-ready-toleration-seconds and --default-unreachable-toleration-seconds. */
const tolerationSeconds = 300;

const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/**
 * Lets pods stay for five minutes on a node that fails, unless they say themselves how long
 * (upstream plugin/pkg/admission/defaulttolerationseconds).
 */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  admit({ resource, subresource, object }) {
    if (resource.resource !== pods.resource || resource.group !== '' || subresource !== '' || object === undefined)
      return;
    const { spec } = object as Mutable<Pod>;
    const speaksOf = (taint: string, { key = '', effect = '' }: Toleration): boolean =>
      (key === taint || key === '') && (effect === 'NoExecute' || effect === '');
    const given = spec.tolerations ?? [];
    const missing = taints.filter((taint) => !given.some((toleration) => speaksOf(taint, toleration)));
    if (missing.length === 0) return;
    spec.tolerations = [
      ...given,
      ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds })),
    ];
  },
};
