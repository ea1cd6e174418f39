import type { Column } from '../../api/kind.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { ServedResource } from '../served-resource.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { Representation } from './accept.ts';
import { partialMetadata } from './partial-metadata.ts';

export interface TableOptions {
  readonly version: Representation['version'];
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  readonly nowMs: number;
  /** Watches define the columns in their first event alone. */
  readonly withColumns: boolean;
  readonly metadata: object;
}

/** meta.k8s.io Table: what `kubectl get` prints. */
export function table(served: ServedResource, items: readonly StoredObject[], options: TableOptions): object {
  const { columns } = served.definition;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions: options.withColumns ? columns.map(definitionOf) : [],
    rows: items.map(({ object }) => ({
      cells: columns.map((column) => column.cell(object, options.nowMs)),
      ...rowConditions(served, object),
      object: rowObject(object, options),
    })),
  };
}

function definitionOf({ name, type, format = '', description = '', priority = 0 }: Column<KubernetesObject>): object {
  return { name, type, format, description, priority };
}

function rowObject(object: KubernetesObject, { includeObject, version }: TableOptions): object | null {
  if (includeObject === 'None') return null;
  return includeObject === 'Object' ? object : partialMetadata(object, version);
}

/** Pods that are over: kubectl may hide them (printers.go podSuccessConditions). */
function rowConditions({ resource }: ServedResource, object: KubernetesObject): object {
  if (resource.group !== '' || resource.kind !== 'Pod') return {};
  const { phase } = (object as Pod).status;
  if (phase === 'Succeeded') return completed(phase, 'The pod has completed successfully.');
  if (phase === 'Failed') return completed(phase, 'The pod failed.');
  return {};
}

function completed(reason: string, message: string): object {
  return { conditions: [{ type: 'Completed', status: 'True', reason, message }] };
}
