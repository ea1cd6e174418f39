import { GatewayError } from './gateway-error.ts';

export interface GuardedRequest {
  readonly method: string;
  /** As on the request line. */
  readonly target: string;
  readonly httpVersion: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

export interface GuardOptions {
  /** `host:port` as clients may write it, in lower case; exact. */
  readonly hosts: ReadonlySet<string>;
  /** Web origins whose pages may call; exact. */
  readonly origins: ReadonlySet<string>;
}

/** Headers of which a second one is a second meaning. */
const single = new Set([
  'host',
  'authorization',
  'content-length',
  'content-type',
  'content-encoding',
  'origin',
  'transfer-encoding',
]);

/**
 * Refuses what no honest client sends: a page of another origin, a stranger's name made to point at this machine
 * (DNS rebinding), and what Node's parser lets through though two readers could take it for two requests.
 * Returns the path without its query. Throws GatewayError.
 */
export function guardRequest({ target, httpVersion, rawHeaders }: GuardedRequest, options: GuardOptions): string {
  const headers = new Map<string, string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (!single.has(name)) continue;
    if (headers.has(name)) throw new GatewayError('bad-request', `two ${name} headers`);
    headers.set(name, rawHeaders[at + 1] ?? '');
  }
  if (httpVersion !== '1.1') throw new GatewayError('bad-request', 'only HTTP/1.1 is spoken here');
  // Absolute targets name a host a second time; '//host' does so for whoever resolves it later.
  if (!/^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(target) && target !== '/')
    throw new GatewayError('bad-request', 'the request target must be a path');
  if (!options.hosts.has((headers.get('host') ?? '').toLowerCase()))
    throw new GatewayError('forbidden', 'this Host is not served here');
  const origin = headers.get('origin');
  if (origin !== undefined && !options.origins.has(origin.toLowerCase()))
    throw new GatewayError('forbidden', 'pages of this Origin may not call');
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    throw new GatewayError('unsupported-media-type', 'compressed bodies are not accepted');
  return target.split('?', 1)[0] ?? '';
}

/** Every way to write a loopback listener's own address, and its origins. */
export function loopbackNames(address: string, port: number, more: readonly string[] = []): GuardOptions {
  const names = ['localhost', '127.0.0.1', '[::1]', address.includes(':') ? `[${address}]` : address];
  const hosts = new Set([...names.map((name) => `${name}:${port}`), ...more].map((host) => host.toLowerCase()));
  if (port === 80) for (const name of names) hosts.add(name);
  return { hosts, origins: new Set([...hosts].map((host) => `http://${host}`)) };
}
