import { badRequest, invalid, type Status } from '../../api/error.ts';
import { invalidValue, notSupported, type FieldError } from '../../api/field-error.ts';
import { decode } from '../../api/schema/decode.ts';
import { DecodeError } from '../../api/schema/decode-error.ts';
import type { DeleteOptions } from '../../api/schema/meta-v1.ts';
import { structOfKind } from '../../api/schema/struct.ts';
import type { ApiResponse } from '../exchange.ts';
import { deleteObject, type Deleted } from '../registry/delete.ts';
import { inVersion } from '../registry/read.ts';
import { isTrue } from '../request-info.ts';
import { dryRunErrors, integerOf } from '../wire/query-options.ts';
import { jsonResponse, statusResponse } from '../wire/response.ts';
import { contextFor, rendererFor, type Call } from './call.ts';
import { bodyOf } from './decode-request.ts';

/** DELETE of one object. */
export async function deleteEndpoint(call: Call): Promise<ApiResponse> {
  const { registry, served, info } = call;
  const renderer = rendererFor(call);
  const options = deleteOptionsOf(call);
  const context = contextFor(call, options.dryRun?.includes('All') === true);
  const request = { ...options, namespace: info.namespace, name: info.name };
  const deleted = await deleteObject(registry, served, request, context);
  const { stored, isGone } = deleted;
  if (isGone && !returnsObject(call)) return statusResponse(successOf(call, deleted));
  const code = !isGone && options.orphanDependents === false ? 202 : 200;
  return jsonResponse(code, renderer.one(inVersion(served, stored)));
}

/** Options of the body, or of the query without one. Throws BadRequest, Invalid. */
export function deleteOptionsOf(call: Call): DeleteOptions {
  const { request } = call;
  const options = request.body.length > 0 ? fromBody(call) : fromQuery(request.query);
  const { propagationPolicy, orphanDependents } = options;
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const why = 'orphanDependents and deletionPropagation cannot be both set';
    errors.push(invalidValue('propagationPolicy', propagationPolicy, why));
  }
  const policies = ['Foreground', 'Background', 'Orphan'];
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy)) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...policies, 'nil']));
  }
  errors.push(...dryRunErrors(options.dryRun ?? []));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  return options;
}

function fromBody(call: Call): DeleteOptions {
  const { value } = bodyOf(call, 'DeleteOptions');
  if (value['kind'] !== undefined && value['kind'] !== 'DeleteOptions') {
    throw badRequest('decoded object cannot be converted to DeleteOptions');
  }
  try {
    return decode<DeleteOptions>(structOfKind('meta.k8s.io', 'v1', 'DeleteOptions')!, value).object;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(error.message);
  }
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const gracePeriodSeconds = integerOf(query, 'gracePeriodSeconds');
  const propagationPolicy = query.get('propagationPolicy');
  const orphanDependents = query.get('orphanDependents');
  const dryRun = query.getAll('dryRun');
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === null ? {} : { propagationPolicy }),
    ...(orphanDependents === null ? {} : { orphanDependents: isTrue(orphanDependents) }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
  };
}

/** Whose registries have ReturnDeletedObject set; the others answer a Status. */
const returning = new Set(['namespaces', 'pods', 'services', 'serviceaccounts']);

function returnsObject({ served }: Call): boolean {
  return served.resource.group === '' && returning.has(served.resource.resource);
}

function successOf({ served }: Call, { stored }: Deleted): Status {
  const { group, resource } = served.resource;
  const { name, uid } = stored.object.metadata;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: resource, uid },
  };
}
