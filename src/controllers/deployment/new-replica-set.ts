import { controllerReference } from '../../api/owner-references.ts';
import { deployments } from '../../api/resources.ts';
import type { Deployment, ReplicaSet } from '../../api/schema/apps-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import { byCreation } from './replica-set-order.ts';
import { annotationsOfNew, maxRevision, replicasAnnotations } from './revision.ts';
import { sizeOfNew } from './rolling.ts';
import { isSameTemplate, podTemplateHashLabel, replicaSetName, templateHash } from './template-hash.ts';

/** The ReplicaSet of the Deployment's present template, the oldest if there are several, and all others. */
export function splitByTemplate(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
): { readonly fresh: ReplicaSet | undefined; readonly old: readonly ReplicaSet[] } {
  const ordered = replicaSets.toSorted(byCreation);
  const fresh = ordered.find(({ spec }) => isSameTemplate(spec.template, deployment.spec.template));
  return { fresh, old: ordered.filter((replicaSet) => replicaSet !== fresh) };
}

/** The existing ReplicaSet of the present template as it should be noted: annotations, revision, minReadySeconds. */
export function synced(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): ReplicaSet {
  const { minReadySeconds = 0 } = deployment.spec;
  const { metadata, spec } = fresh;
  return {
    ...fresh,
    metadata: { ...metadata, annotations: annotationsOfNew(deployment, metadata.annotations, maxRevision(old) + 1) },
    spec: (spec.minReadySeconds ?? 0) === minReadySeconds ? spec : { ...spec, minReadySeconds },
  };
}

/** The ReplicaSet to make for a template that has none. Its name depends on nothing else, so that it is never made twice. */
export function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[]): Draft<ReplicaSet> {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status.collisionCount);
  const labels = { ...template.metadata.labels, [podTemplateHashLabel]: hash };
  return {
    metadata: {
      namespace: deployment.metadata.namespace,
      name: replicaSetName(deployment, hash),
      labels,
      annotations: {
        ...annotationsOfNew(deployment, {}, maxRevision(old) + 1),
        ...replicasAnnotations(deployment),
      },
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas: sizeOfNew(deployment, undefined, old),
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [podTemplateHashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
