import { ApiError } from '../../api/error.ts';
import type { ServedResource } from '../served-resource.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { inVersion } from './read.ts';
import type { Registry } from './registry.ts';
import type { Selection } from './selection.ts';

export interface Page {
  /** 0 or absent: all. */
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  /** Answer the state of exactly this revision. */
  readonly exactRevision?: number | undefined;
}

export interface Listed {
  readonly revision: number;
  readonly items: readonly StoredObject[];
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/**
 * Objects in key order, a page at a time; all pages show the state of the first one's revision.
 * Throws BadRequest for a bad token, Expired when that state is no longer known: the error then carries a token
 * that goes on inconsistently, as upstream's does.
 */
export function listObjects(
  { store }: Registry,
  served: ServedResource,
  selection: Selection,
  page: Page = {},
): Listed {
  const bucket = store.bucket(served.bucket);
  const prefix = selection.namespace === '' ? '' : `${selection.namespace}/`;
  const token = page.continue === undefined || page.continue === '' ? undefined : decodeContinue(page.continue);
  const wanted = token?.revision ?? page.exactRevision;
  const revision = wanted === undefined || wanted === -1 ? store.revision : wanted;
  let all: readonly StoredObject[];
  try {
    all = revision >= store.revision ? bucket.list(prefix) : bucket.listAt(prefix, revision);
  } catch (error) {
    throw tooOld(error, token?.start);
  }
  const start = token === undefined ? '' : `${prefix}${token.start}`;
  const items: StoredObject[] = [];
  const limit = page.limit === undefined || page.limit <= 0 ? Infinity : page.limit;
  for (let i = firstNotBefore(all, start); i < all.length; i++) {
    const stored = inVersion(served, all[i]!);
    if (!selection.matches(stored.object)) continue;
    if (items.length < limit) {
      items.push(stored);
      continue;
    }
    const last = items.at(-1)!.key.slice(prefix.length);
    return {
      revision,
      items,
      continue: encodeContinue({ revision, start: `${last}\0` }),
      // Upstream does not count behind a selector, and so clients do not expect it.
      ...(selection.isEverything ? { remainingItemCount: all.length - i } : {}),
    };
  }
  return { revision, items };
}

function firstNotBefore(all: readonly StoredObject[], start: string): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (all[middle]!.key < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** apiserver pkg/storage/etcd3/errors.go. The fresh token is for metadata.continue of the Status. */
export class ExpiredContinue extends ApiError {
  readonly inconsistentContinue: string;

  constructor(start: string) {
    super(
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    );
    this.inconsistentContinue = encodeContinue({ revision: -1, start });
  }
}

function tooOld(error: unknown, start: string | undefined): unknown {
  if (!(error instanceof ApiError) || error.reason !== 'Expired') return error;
  if (start !== undefined) return new ExpiredContinue(start);
  return new ApiError('Expired', 'The resourceVersion for the provided list is too old.');
}
