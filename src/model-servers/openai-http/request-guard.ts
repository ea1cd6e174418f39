import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { RequestError } from './request-error.ts';

/**
 * Refuses what no honest client of a pod sends: a request that a web page made (it carries its Origin), a name of a
 * stranger's that was made to point at this machine (DNS rebinding, as in Ollama's CVE-2024-28224), and the duplicated
 * headers and absolute targets that Node's parser lets through and that two readers could take for two requests.
 */
export function guardRequest(request: IncomingMessage, boundHost: string): void {
  if (request.url?.startsWith('/') !== true) throw new RequestError(400, 'the request target must be a path');
  for (const name of ['host', 'authorization', 'content-length', 'content-type']) {
    if ((request.headersDistinct[name]?.length ?? 0) > 1) throw new RequestError(400, `two ${name} headers`);
  }
  const host = request.headers.host ?? '';
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new RequestError(403, 'requests of web pages of another origin are refused', { code: 'forbidden' });
  }
  if (isLoopback(boundHost) && !isAddressOrLocalhost(host)) {
    throw new RequestError(403, 'the Host must be an address or localhost', { code: 'forbidden' });
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function isAddressOrLocalhost(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
