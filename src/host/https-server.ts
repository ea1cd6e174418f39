import { constants, createHash, timingSafeEqual } from 'node:crypto';
import {
  constants as http2Constants,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ApiError } from '../api/error.ts';
import { anonymous } from '../apiserver/authorize.ts';
import type { ApiRequest, ApiResponse, UserInfo } from '../apiserver/exchange.ts';
import type { Log } from '../machinery/log.ts';
import type { KeyPair } from './certificate-authority.ts';
import { readBody } from './read-body.ts';
import { guard } from './request-guard.ts';
import { writeResponse } from './write-response.ts';

export interface HttpsServerOptions {
  readonly handle: (request: ApiRequest) => Promise<ApiResponse>;
  readonly server: KeyPair;
  /** PEM of the authority whose client certificates are trusted. */
  readonly authority: string;
  /** Bearer tokens and who they stand for. */
  readonly tokens?: ReadonlyMap<string, UserInfo> | undefined;
  /** 127.0.0.1 unless told. */
  readonly address?: string | undefined;
  /** 0 picks a free one. */
  readonly port: number;
  readonly log: Log;
}

export interface HttpsServer {
  readonly port: number;
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  /** Ends watches, lets answers go out for a moment, then closes what is left. */
  close(): Promise<void>;
}

// apiserver pkg/server/config.go: MaxRequestBodyBytes; one byte more, so that the API server says what is wrong.
const bodyBytesMax = 3 * 1024 * 1024 + 1;
const headersBytesMax = 16 * 1024;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 60_000;
/** kube-apiserver --http2-max-streams-per-connection; an informer needs one a watch. */
const streamsMax = 1_000;
/** What an answer gets to go out in when the server closes. */
const closeGraceMs = 500;

/** The wire of the API server: HTTP/2 and HTTP/1.1 over TLS, client certificates and tokens. */
export async function startHttpsServer(options: HttpsServerOptions): Promise<HttpsServer> {
  const closing = new AbortController();
  const address = options.address ?? '127.0.0.1';
  const hosts = new Set<string>();
  const server = createSecureServer({
    allowHTTP1: true,
    cert: options.server.certificate,
    key: options.server.privateKey,
    ca: options.authority,
    requestCert: true,
    // Without a certificate there may be a token; who has neither learns so as a Status.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    // A resumed session would have to carry the client's certificate along.
    secureOptions: constants.SSL_OP_NO_TICKET,
    settings: { maxConcurrentStreams: streamsMax, maxHeaderListSize: headersBytesMax },
    maxHeaderSize: headersBytesMax,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
  } as Parameters<typeof createSecureServer>[0]);
  const sockets = new Set<TLSSocket>();
  const sessions = new Set<ServerHttp2Session>();
  server.on('secureConnection', (socket) => track(sockets, socket));
  server.on('session', (session) => track(sessions, session));
  server.on('tlsClientError', () => {});
  server.on('sessionError', () => {});
  server.on('clientError', (_error, socket) => socket.destroy());
  const authenticate = authenticator(options.tokens ?? new Map());
  server.on('request', (request, response) => {
    serve(request, response, { ...options, hosts, authenticate, closing: closing.signal }).catch((error: unknown) => {
      options.log.warn('an answer broke off', { path: request.url, error: String(error) });
      breakOff(response);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  for (const name of ['127.0.0.1', 'localhost', '[::1]', address]) hosts.add(`${name}:${port}`);
  return {
    port,
    url: `https://${address.includes(':') ? `[${address}]` : address}:${port}`,
    async close() {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.close();
      const timer = setTimeout(() => {
        for (const session of sessions) session.destroy();
        for (const socket of sockets) socket.destroy();
      }, closeGraceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function track<T extends { once(event: 'close', listener: () => void): unknown }>(all: Set<T>, one: T): void {
  all.add(one);
  one.once('close', () => all.delete(one));
}

/** Ends an answer in the middle, not as if it were whole. */
function breakOff(response: Http2ServerResponse): void {
  const { stream } = response as { readonly stream?: Http2ServerResponse['stream'] };
  if (stream === undefined) response.destroy();
  else stream.close(http2Constants.NGHTTP2_INTERNAL_ERROR);
}

interface Serving extends HttpsServerOptions {
  readonly hosts: ReadonlySet<string>;
  readonly authenticate: (request: Http2ServerRequest) => UserInfo;
  readonly closing: AbortSignal;
}

async function serve(request: Http2ServerRequest, response: Http2ServerResponse, serving: Serving): Promise<void> {
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  response.once('close', abort);
  serving.closing.addEventListener('abort', abort, { once: true });
  try {
    const answer = await answerTo(request, serving, gone.signal);
    await writeResponse(response, answer, gone.signal, request.method === 'HEAD');
    // Who sends too much would go on sending.
    if (answer.status === 413) response.once('finish', () => breakOff(response));
  } finally {
    serving.closing.removeEventListener('abort', abort);
    response.off('close', abort);
  }
}

async function answerTo(request: Http2ServerRequest, serving: Serving, signal: AbortSignal): Promise<ApiResponse> {
  const { headers, rawHeaders, url } = request;
  const host = headers[':authority'] ?? headers['host'];
  const refusal = guard({ target: url, host, origin: headers['origin'], rawHeaders }, serving.hosts);
  if (refusal !== undefined) {
    request.resume();
    const reason = refusal.code === 403 ? 'Forbidden' : 'BadRequest';
    return refused(new ApiError(reason, refusal.message));
  }
  try {
    const { path, query } = split(url);
    const user = serving.authenticate(request);
    const body = await readBody(request, bodyBytesMax, requestTimeoutMs);
    return await serving.handle({
      method: request.method,
      path,
      query,
      headers: { ...(headers as Record<string, string | undefined>), host },
      body,
      user,
      signal,
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return refused(error);
  }
}

function split(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  try {
    return { path: decodeURIComponent(path), query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)) };
  } catch (error) {
    throw new ApiError('BadRequest', 'the path of the request is not valid', { cause: error });
  }
}

function refused(error: ApiError): ApiResponse {
  return {
    status: error.code,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(error.toStatus()),
  };
}

/** A trusted client certificate, else a known token, else nobody. A wrong token is refused. */
function authenticator(tokens: ReadonlyMap<string, UserInfo>): (request: Http2ServerRequest) => UserInfo {
  const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();
  const known = [...tokens].map(([token, user]) => ({ digest: digestOf(token), user }));
  return (request) => {
    const certificate = certificateUser(socketOf(request));
    if (certificate !== undefined) return certificate;
    const { authorization } = request.headers;
    if (authorization === undefined) return anonymous;
    const token = /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1];
    const digest = digestOf(token ?? '');
    const found = known.find((one) => timingSafeEqual(one.digest, digest));
    if (token === undefined || found === undefined) throw new ApiError('Unauthorized', 'Unauthorized');
    return withGroup(found.user);
  };
}

function socketOf(request: Http2ServerRequest): TLSSocket {
  return (request.stream?.session?.socket ?? request.socket) as TLSSocket;
}

/** Common name is the user, organizations are the groups, as Kubernetes reads them. */
function certificateUser(socket: TLSSocket): UserInfo | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate() as {
    readonly subject?: { readonly CN?: unknown; readonly O?: unknown };
  };
  if (typeof subject?.CN !== 'string') return undefined;
  const groups = [subject.O].flat().filter((group) => typeof group === 'string');
  return withGroup({ name: subject.CN, groups });
}

function withGroup({ name, groups }: UserInfo): UserInfo {
  return { name, groups: [...new Set([...groups, 'system:authenticated'])] };
}
