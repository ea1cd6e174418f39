/** What of a request's head the guard looks at. */
export interface RequestHead {
  readonly target: string;
  /** Host of HTTP/1.1 or :authority of HTTP/2. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

export interface Refusal {
  readonly code: 400 | 403;
  readonly message: string;
}

/** Headers of which a second one would be read by some and not by others. */
const singular = new Set(['host', 'authorization', 'content-type', 'content-length', 'origin']);

/**
 * Refuses what a browser was tricked into (a foreign Origin, a Host that resolves to us: DNS rebinding) and what
 * two programs on the way might read differently. `hosts` are exact, with their ports. Undefined: let it in.
 */
export function guard(
  { target, host, origin, rawHeaders }: RequestHead,
  hosts: ReadonlySet<string>,
): Refusal | undefined {
  if (!target.startsWith('/') || target.startsWith('//') || target.includes('\\')) {
    return { code: 400, message: 'the request target must be a path' };
  }
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (singular.has(name) && seen.has(name)) return { code: 400, message: `the header ${name} is there twice` };
    seen.add(name);
  }
  if (host === undefined || !hosts.has(host.toLowerCase())) {
    return { code: 403, message: 'the Host of the request is not one of this server' };
  }
  // `https:` is as long as every allowed origin's scheme: there is no plain HTTP here.
  if (
    origin !== undefined &&
    !(origin.startsWith('https://') && hosts.has(origin.slice('https://'.length).toLowerCase()))
  ) {
    return { code: 403, message: 'the Origin of the request is not one of this server' };
  }
  return undefined;
}
