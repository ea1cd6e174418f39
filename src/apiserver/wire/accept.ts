import { ApiError } from '../../api/error.ts';

/** In which form a client wants the answer. Everything is JSON. */
export interface Representation {
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** Of meta.k8s.io; only for the transformed ones. */
  readonly version: 'v1' | 'v1beta1';
}

interface Clause {
  readonly mediaType: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const asObject: Representation = { as: 'object', version: 'v1' };

/**
 * The first acceptable clause of the Accept header, by quality, then order. A transformation that does not exist
 * passes its clause over, as upstream does. Throws NotAcceptable when nothing is left.
 */
export function negotiate(accept: string | undefined, transforms: readonly Representation['as'][]): Representation {
  if (accept === undefined || accept.trim() === '') return asObject;
  for (const { mediaType, parameters } of clausesOf(accept)) {
    if (mediaType !== 'application/json' && mediaType !== 'application/*' && mediaType !== '*/*') continue;
    const as = parameters.get('as');
    if (as === undefined) return asObject;
    const version = parameters.get('v');
    if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    const known = transforms.find((transform) => transform === as);
    if (known !== undefined) return { as: known, version };
  }
  const message = '406: Not Acceptable\n\nAvailable representations: application/json';
  throw new ApiError('NotAcceptable', message, { details: {} });
}

export function clausesOf(accept: string): readonly Clause[] {
  const clauses = accept.split(',').map((text): Clause => {
    const [mediaType = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = new Map<string, string>();
    for (const part of rest) {
      const equals = part.indexOf('=');
      if (equals > 0) parameters.set(part.slice(0, equals).toLowerCase(), part.slice(equals + 1).replace(/^"|"$/g, ''));
    }
    const quality = Number(parameters.get('q') ?? '1');
    return { mediaType: mediaType.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
  });
  return clauses.filter(({ quality }) => quality > 0).toSorted((a, b) => b.quality - a.quality);
}
