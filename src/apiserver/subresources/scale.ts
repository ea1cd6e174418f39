import { conflict, invalid, notFound } from '../../api/error.ts';
import { invalidValue } from '../../api/field-error.ts';
import { formatSelector, selectorOf } from '../../api/label-selector.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import type { LabelSelector } from '../../api/schema/meta-v1.ts';
import { structNamed, type Struct } from '../../api/schema/struct.ts';
import { draftOf, type DraftObject } from '../registry/draft-object.ts';
import { getObject } from '../registry/read.ts';
import type { Registry, WriteContext } from '../registry/registry.ts';
import { updateObject } from '../registry/update.ts';
import type { ScalePaths } from '../scale-paths.ts';
import type { ServedResource } from '../served-resource.ts';

/** autoscaling/v1 Scale: the view of any scalable object that `kubectl scale` and autoscalers use. */
export interface Scale extends KubernetesObject {
  readonly kind: 'Scale';
  readonly apiVersion: 'autoscaling/v1';
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly replicas: number; readonly selector?: string };
}

export const scaleStruct: Struct = structNamed('autoscaling/v1.Scale');

/** Throws NotFound, also for a custom resource that has no spec replicas. */
export function getScale(
  registry: Registry,
  served: ServedResource,
  key: { readonly namespace: string; readonly name: string },
): Scale {
  return scaleOf(served, getObject(registry, served, key).object);
}

/** Replaces the Scale by what `change` makes of it, which changes the replicas of the object. */
export async function updateScale(
  registry: Registry,
  served: ServedResource,
  target: { readonly namespace: string; readonly name: string },
  change: (current: Scale) => Scale,
  context: WriteContext,
): Promise<Scale> {
  const toObject = (current: KubernetesObject): DraftObject => {
    const before = scaleOf(served, current);
    const scale = change(before);
    const { resourceVersion, uid } = scale.metadata;
    const { resource } = served;
    if (
      resourceVersion !== undefined &&
      resourceVersion !== '' &&
      resourceVersion !== current.metadata.resourceVersion
    ) {
      const why = 'the object has been modified; please apply your changes to the latest version and try again';
      throw conflict(resource, target.name, why);
    }
    if (uid !== undefined && uid !== '' && uid !== current.metadata.uid) {
      throw conflict(
        resource,
        target.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
      );
    }
    const replicas = scale.spec?.replicas ?? 0;
    if (replicas < 0) {
      const error = invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0');
      throw invalid({ group: 'autoscaling', kind: 'Scale' }, target.name, [error]);
    }
    const draft = draftOf(current);
    setIn(draft, pathsOf(served).specReplicas, replicas);
    return draft;
  };
  const stored = await updateObject(registry, served, { ...target, subresource: 'scale' }, toObject, context);
  return scaleOf(served, stored.object);
}

function scaleOf(served: ServedResource, object: KubernetesObject): Scale {
  const paths = pathsOf(served);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = getIn(object, paths.specReplicas);
  if (served.isCustom && typeof replicas !== 'number') {
    throw notFound({ ...served.resource, resource: `${served.resource.resource}/scale` }, name);
  }
  const selector = paths.selector === undefined ? undefined : selectorText(getIn(object, paths.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: Number(getIn(object, paths.statusReplicas) ?? 0),
      ...(selector === undefined || selector === '' ? {} : { selector }),
    },
  };
}

function selectorText(selector: unknown): string | undefined {
  if (typeof selector === 'string' || selector === undefined) return selector;
  return formatSelector(selectorOf(selector as LabelSelector));
}

function pathsOf({ scale, resource }: ServedResource): ScalePaths {
  if (scale === undefined) throw new Error(`bug: ${resource.resource} has no scale`);
  return scale;
}

function getIn(object: object, path: readonly string[]): unknown {
  let value: unknown = object;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

function setIn(object: object, path: readonly string[], value: unknown): void {
  let parent = object as Record<string, unknown>;
  for (const part of path.slice(0, -1)) parent = (parent[part] ??= {}) as Record<string, unknown>;
  parent[path.at(-1)!] = value;
}
