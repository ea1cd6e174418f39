/** Go's words for the errors that probes meet, so that events read as the kubelet's. */

const syscallTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  EINVAL: 'connect: invalid argument',
  ETIMEDOUT: 'connect: connection timed out',
};

/** `dial tcp 127.0.0.1:80: connect: connection refused`; `address` is for errors that do not name one. */
export function dialErrorText(
  error: NodeJS.ErrnoException & { address?: string; port?: number },
  address = '',
): string {
  const code = error.code ?? '';
  const target = error.address === undefined ? address : `${error.address}:${error.port ?? 0}`;
  const dialled = syscallTexts[code];
  if (dialled !== undefined) return `dial tcp ${target}: ${dialled}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `dial tcp: lookup ${target || (error as { hostname?: string }).hostname}: no such host`;
  // Node says "socket hang up" where the peer closed before it answered.
  if (code === 'ECONNRESET') return error.syscall === 'read' ? 'read: connection reset by peer' : 'EOF';
  if (code.startsWith('HPE_')) return `net/http: HTTP/1.x transport connection broken: malformed HTTP response`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return 'http: server gave HTTP response to HTTPS client';
  return error.message;
}

/** As url.Error prints it. */
export function getErrorText(url: URL, why: string): string {
  return `Get "${url.href}": ${why}`;
}
