import type { JsonObject } from '../schema/json-value.ts';

type Parameter = readonly [name: string, type: 'string' | 'integer' | 'boolean'];

const write: readonly Parameter[] = [
  ['dryRun', 'string'],
  ['fieldManager', 'string'],
  // kubectl takes this parameter as the sign that the server validates fields.
  ['fieldValidation', 'string'],
];
const list: readonly Parameter[] = [
  ['allowWatchBookmarks', 'boolean'],
  ['continue', 'string'],
  ['fieldSelector', 'string'],
  ['labelSelector', 'string'],
  ['limit', 'integer'],
  ['resourceVersion', 'string'],
  ['resourceVersionMatch', 'string'],
  ['sendInitialEvents', 'boolean'],
  ['timeoutSeconds', 'integer'],
  ['watch', 'boolean'],
];
const remove: readonly Parameter[] = [
  ['dryRun', 'string'],
  ['gracePeriodSeconds', 'integer'],
  ['ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean'],
  ['orphanDependents', 'boolean'],
  ['propagationPolicy', 'string'],
];

/** Query parameters by verb. */
export const queryParameters: Readonly<Record<string, readonly JsonObject[]>> = {
  get: [],
  list: list.map(query),
  create: write.map(query),
  update: write.map(query),
  patch: [...write, ['force', 'boolean'] as const].map(query),
  delete: remove.map(query),
  deletecollection: [...remove, ...list.filter(([name]) => name !== 'watch' && name !== 'allowWatchBookmarks')]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(query),
  connect: [],
};

export const prettyParameter: JsonObject = query(['pretty', 'string']);

function query([name, type]: Parameter): JsonObject {
  return { in: 'query', name, schema: { type, uniqueItems: true } };
}

export function pathParameter(name: string): JsonObject {
  return { in: 'path', name, required: true, schema: { type: 'string', uniqueItems: true } };
}
