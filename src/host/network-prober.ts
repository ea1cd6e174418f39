import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { HttpProbe, NetworkProber, ProbeResult } from '../node/prober.ts';
import { dialErrorText, getErrorText } from './probe-error-text.ts';

/** pkg/probe/http: what is read of an answer, in bytes. */
const bodyBytesMax = 10 * 1024;
/** net/http's default policy. */
const redirectsMax = 10;
const followed = new Set([301, 302, 303, 307, 308]);

/**
 * The kubelet's HTTP and TCP probes (pkg/probe/{http,tcp} of Kubernetes 1.36): a connection each, straight to the host
 * (no proxy of the environment), certificates unchecked, texts as the kubelet's events have them.
 */
export const systemNetworkProber: NetworkProber = { httpGet, tcpSocket };

async function httpGet(probe: HttpProbe): Promise<ProbeResult> {
  const deadline = AbortSignal.timeout(probe.timeoutMs);
  let url: URL;
  try {
    url = probeUrl(probe);
  } catch (error) {
    return { outcome: 'failure', output: (error as Error).message };
  }
  const first = url.hostname;
  for (let redirects = 0; ; redirects++) {
    const answer = await get(url, headersOf(probe, redirects), deadline);
    if ('failure' in answer) return { outcome: 'failure', output: answer.failure };
    const { status, location, body } = answer;
    if (followed.has(status) && location !== undefined) {
      const next = URL.parse(location, url.href);
      if (next === null)
        return { outcome: 'failure', output: getErrorText(url, `failed to parse Location header "${location}"`) };
      if (next.hostname === first && next.protocol.startsWith('http')) {
        if (redirects + 1 >= redirectsMax)
          return { outcome: 'failure', output: getErrorText(next, 'stopped after 10 redirects') };
        url = next;
        continue;
      }
    }
    if (status >= 200 && status < 300) return { outcome: 'success', output: body, statusCode: status };
    // The answer is a redirect that is not followed: upstream calls that a warning, and so a success.
    if (status >= 300 && status < 400)
      return { outcome: 'warning', output: `Probe terminated redirects, Response body: ${body}`, statusCode: status };
    return { outcome: 'failure', output: `HTTP probe failed with statuscode: ${status}`, statusCode: status };
  }
}

function probeUrl({ scheme, host, port, path }: HttpProbe): URL {
  const authority = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return new URL(`${scheme.toLowerCase()}://${authority}:${port}${path.startsWith('/') ? '' : '/'}${path}`);
}

/** A later request of a redirect keeps the headers but Host, as net/http does. */
function headersOf({ headers }: HttpProbe, redirects: number): Record<string, string | string[]> {
  const set: Record<string, string | string[]> = {};
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    if (key === 'host') set[key] = value;
    else set[key] = set[key] === undefined ? value : [set[key], value].flat();
  }
  set['user-agent'] ??= 'kube-probe/1.36';
  set['accept'] ??= '*/*';
  for (const name of ['user-agent', 'accept']) if (set[name] === '') delete set[name];
  if (redirects > 0 || set['host'] === '') delete set['host'];
  return set;
}

type Answer =
  | { readonly status: number; readonly location: string | undefined; readonly body: string }
  | { readonly failure: string };

function get(url: URL, headers: Record<string, string | string[]>, deadline: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    let outgoing: ClientRequest | undefined;
    let isWaitingForHeaders = true;
    const finish = (answer: Answer): void => {
      deadline.removeEventListener('abort', expire);
      outgoing?.destroy();
      resolve(answer);
    };
    const fail = (error: unknown): void =>
      finish({ failure: getErrorText(url, dialErrorText(error as NodeJS.ErrnoException)) });
    const expire = (): void => {
      const state = isWaitingForHeaders
        ? 'Client.Timeout exceeded while awaiting headers'
        : 'Client.Timeout or context cancellation while reading body';
      finish({
        failure: isWaitingForHeaders
          ? getErrorText(url, `context deadline exceeded (${state})`)
          : `context deadline exceeded (${state})`,
      });
    };
    if (deadline.aborted) return expire();
    deadline.addEventListener('abort', expire, { once: true });
    const receive = (response: IncomingMessage): void => {
      isWaitingForHeaders = false;
      readBody(response).then(
        (body) => finish({ status: response.statusCode ?? 0, location: response.headers.location, body }),
        fail,
      );
    };
    try {
      const options = { method: 'GET', headers, setHost: true } as const;
      outgoing =
        url.protocol === 'https:'
          ? // An address is no server name for TLS.
            httpsRequest(
              url,
              { ...options, agent: new HttpsAgent({ keepAlive: false, rejectUnauthorized: false }), servername: '' },
              receive,
            )
          : httpRequest(url, { ...options, agent: new HttpAgent({ keepAlive: false }) }, receive);
      outgoing.on('error', fail);
      outgoing.end();
    } catch (error) {
      // Header names and values that HTTP cannot carry.
      fail(error);
    }
  });
}

/** At most the first 10 KiB; the rest is not waited for. */
async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= bodyBytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bodyBytesMax).toString('utf8');
}

function tcpSocket(host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const failure = (why: string): ProbeResult => ({ outcome: 'failure', output: `dial tcp ${host}:${port}: ${why}` });
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish(failure('i/o timeout')), timeoutMs);
    const socket = connect({ host, port });
    socket.once('connect', () => finish({ outcome: 'success', output: '' }));
    socket.once('error', (error) => finish({ outcome: 'failure', output: dialErrorText(error, `${host}:${port}`) }));
  });
}
