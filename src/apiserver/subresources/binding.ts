import { badRequest, conflict } from '../../api/error.ts';
import { notSupported, required } from '../../api/field-error.ts';
import { pods } from '../../api/resources.ts';
import type { Binding, Pod } from '../../api/schema/core-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import { modifyObject } from '../registry/modify.ts';
import type { Registry, WriteContext } from '../registry/registry.ts';
import { timestamp } from '../../api/timestamps.ts';
import type { ServedResource } from '../served-resource.ts';
import { UnclassifiedError } from '../wire/unclassified-error.ts';
import { withPodCondition } from './pod-condition.ts';

/** POST pods/binding: gives the pod its node, once (pkg/registry/core/pod/storage: setPodNodeAndMetadata). */
export async function bindPod(
  registry: Registry,
  served: ServedResource,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  binding: Draft<Binding>,
  context: WriteContext,
): Promise<void> {
  const { metadata, target } = binding;
  if ((metadata?.name ?? name) !== name) throw badRequest('name in URL does not match name in Binding object');
  const node = target?.name ?? '';
  const kind = target?.kind ?? '';
  const errors = [
    ...(kind === '' || kind === 'Node' ? [] : [notSupported('target.kind', kind, ['Node', '<empty>'])]),
    ...(node === '' ? [required('target.name')] : []),
  ];
  if (errors.length > 0) {
    const lines = errors.map(({ field, detail }) => `${field}: ${detail}`);
    throw new UnclassifiedError(lines.length === 1 ? lines[0]! : `[${lines.join(', ')}]`);
  }
  const change = (pod: Pod): Pod => {
    checkPreconditions(pod, metadata);
    const problem = whyNot(pod);
    if (problem !== undefined) throw conflict({ group: '', resource: 'pods/binding' }, name, problem);
    return bound(pod, node, metadata, timestamp(registry.clock.now()));
  };
  await modifyObject<Pod>(registry, served, { namespace, name }, change, context);
}

function whyNot({ metadata: { name, deletionTimestamp }, spec }: Pod): string | undefined {
  if (deletionTimestamp !== undefined) return `pod ${name} is being deleted, cannot be assigned to a host`;
  if (spec.nodeName !== undefined && spec.nodeName !== '') {
    return `pod ${name} is already assigned to node "${spec.nodeName}"`;
  }
  return (spec.schedulingGates ?? []).length > 0 ? `pod ${name} has non-empty .spec.schedulingGates` : undefined;
}

function bound(pod: Pod, nodeName: string, extra: Draft<Binding>['metadata'], now: string): Pod {
  const { annotations = {}, labels = {} } = (extra ?? {}) as Partial<Pod['metadata']>;
  const { nominatedNodeName: _nominated, ...status } = pod.status;
  const next: Pod = {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(Object.keys(annotations).length === 0
        ? {}
        : { annotations: { ...pod.metadata.annotations, ...annotations } }),
      ...(Object.keys(labels).length === 0 ? {} : { labels: { ...pod.metadata.labels, ...labels } }),
    },
    spec: { ...pod.spec, nodeName },
    status,
  };
  return withPodCondition(next, { type: 'PodScheduled', status: 'True' }, now);
}

function checkPreconditions(pod: Pod, metadata: Draft<Binding>['metadata']): void {
  const { uid = '', resourceVersion = '' } = metadata ?? {};
  const { name } = pod.metadata;
  if (uid !== '' && uid !== pod.metadata.uid) {
    throw conflict(
      pods,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  }
  if (resourceVersion !== '' && resourceVersion !== pod.metadata.resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`;
    throw conflict(pods, name, why);
  }
}
