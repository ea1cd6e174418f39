import type { ApiRequest } from '../exchange.ts';
import type { Registry, WriteContext } from '../registry/registry.ts';
import type { ResourceRequest } from '../request-info.ts';
import type { ServedResource } from '../served-resource.ts';
import { negotiate, type Representation } from '../wire/accept.ts';
import { rendererOf, type Renderer } from '../wire/render.ts';

/** One request to a resource, with all that answering it takes. */
export interface Call {
  readonly registry: Registry;
  readonly served: ServedResource;
  readonly info: ResourceRequest;
  readonly request: ApiRequest;
}

const transforms: readonly Representation['as'][] = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'];

/** Throws NotAcceptable, BadRequest: before anything is done. */
export function rendererFor({ registry, served, request }: Call): Renderer {
  return rendererOf(served, representationFor(request), request.query, registry.clock);
}

export function representationFor({ headers }: ApiRequest): Representation {
  return negotiate(headers['accept'], transforms);
}

export function contextFor({ request }: Call, dryRun: boolean): WriteContext {
  return { user: request.user, dryRun };
}
