import { decode } from '../../api/schema/decode.ts';
import { badRequest } from '../../api/error.ts';
import { DecodeError } from '../../api/schema/decode-error.ts';
import type { JsonObject } from '../../api/schema/json-value.ts';
import { structOfKind } from '../../api/schema/struct.ts';
import type { ApiResponse } from '../exchange.ts';
import { postSubresource } from '../subresources/post.ts';
import { writeOptionsOf } from '../wire/query-options.ts';
import { statusResponse } from '../wire/response.ts';
import { contextFor, type Call } from './call.ts';
import { bodyOf } from './decode-request.ts';

/** What the body of a POST below an object is. */
const kinds: Readonly<Record<string, { readonly group: string; readonly version: string; readonly kind: string }>> = {
  binding: { group: '', version: 'v1', kind: 'Binding' },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
};

export async function postSubresourceEndpoint(call: Call): Promise<ApiResponse> {
  const { registry, served, info, request } = call;
  const options = writeOptionsOf(request.query, 'CreateOptions');
  const kind = kinds[info.subresource]?.kind ?? '';
  const body = decoded(info.subresource, bodyOf(call, kind).value);
  const context = contextFor(call, options.dryRun);
  return statusResponse(await postSubresource(registry, served, info, info.subresource, body, context));
}

function decoded(subresource: string, value: JsonObject): object {
  const { group, version, kind } = kinds[subresource] ?? { group: '', version: '', kind: '' };
  const given = value['kind'] ?? kind;
  if (given !== kind) throw badRequest(`not a ${kind} object: ${JSON.stringify(given)}`);
  const struct = structOfKind(group, version, kind);
  if (struct === undefined) return value;
  try {
    return decode(struct, value).object;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`);
  }
}
