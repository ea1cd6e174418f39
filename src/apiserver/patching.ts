import { ApiError } from '../api/error.ts';
import { applyJsonPatch } from '../api/patch/json-patch.ts';
import { applyMergePatch } from '../api/patch/merge-patch.ts';
import { PatchError } from '../api/patch/patch-error.ts';
import { applyStrategicMergePatch } from '../api/patch/strategic-merge-patch.ts';
import type { Struct } from '../api/schema/struct.ts';
import type { Patch } from '../machinery/client.ts';
import { unsupportedMediaType } from './wire/request-body.ts';

const jsonPatch = 'application/json-patch+json';
const mergePatch = 'application/merge-patch+json';
const strategicPatch = 'application/strategic-merge-patch+json';
const applyPatch = 'application/apply-patch+yaml';

/**
 * What the patch makes of the object; neither is changed, the result shares parts with both. `struct` tells how
 * lists merge; there is none for custom resources. Throws ApiError as the API server answers it.
 */
export function patched(struct: Struct | undefined, object: object, patch: Patch): object {
  try {
    switch (patch.type) {
      case 'json':
        return applyJsonPatch(object, patch.body) as object;
      case 'merge':
        return applyMergePatch(object, patch.body) as object;
      case 'strategic':
        if (struct === undefined) throw unsupportedMediaType(patchMediaTypes(struct));
        return applyStrategicMergePatch(struct, object as Record<string, unknown>, patch.body);
    }
  } catch (error) {
    throw error instanceof PatchError ? apiErrorOf(error) : error;
  }
}

export function patchMediaTypes(struct: Struct | undefined): readonly string[] {
  return [jsonPatch, mergePatch, ...(struct === undefined ? [] : [strategicPatch])];
}

/** Throws UnsupportedMediaType. */
export function patchTypeOf(mediaType: string, struct: Struct | undefined): Patch['type'] {
  const accepted = patchMediaTypes(struct);
  if (!accepted.includes(mediaType)) {
    // For built-in kinds upstream's router refuses what no handler knows; apply it would know.
    if (struct === undefined || mediaType === applyPatch) throw unsupportedMediaType(accepted);
    throw new ApiError('UnsupportedMediaType', '415: Unsupported Media Type', { details: {} });
  }
  if (mediaType === jsonPatch) return 'json';
  return mediaType === mergePatch ? 'merge' : 'strategic';
}

function apiErrorOf({ code, message }: PatchError): ApiError {
  switch (code) {
    case 400:
      return new ApiError('BadRequest', message);
    case 413:
      return new ApiError('RequestEntityTooLarge', message);
    case 422:
      // Upstream says this alone (errors.NewGenericServerResponse); the cause says what is wrong.
      return new ApiError('Invalid', 'the server rejected our request due to an error in our request', {
        details: { causes: [{ message }] },
      });
    case 500:
      return new ApiError('InternalError', message);
  }
}
