import type { Container, Pod, Probe } from '../../api/schema/core-v1.ts';
import { secondMs } from '../../std/clock.ts';
import { containerPort } from '../container-port.ts';
import type { ContainerRuntime } from '../container-runtime.ts';
import { expand } from '../environment/expansion.ts';
import type { NetworkProber, ProbeResult } from '../prober.ts';

export interface ProbeTarget {
  readonly pod: Pod;
  readonly container: Container;
  readonly podIP: string;
}

export interface ProbeMeans {
  readonly network: NetworkProber;
  readonly runtime: Pick<ContainerRuntime, 'exec'>;
}

/** Of tries that did not come to a finding. */
const triesMax = 3;
/** What an event holds of a command's output. */
const outputCharsMax = 10 * 1024;

/** Runs a probe once; `unknown` after three tries that failed on the prober's side. Never rejects. */
export async function runProbe(probe: Probe, target: ProbeTarget, means: ProbeMeans): Promise<ProbeResult> {
  let result: ProbeResult = { outcome: 'unknown', output: '' };
  for (let tries = 0; tries < triesMax; tries++) {
    try {
      result = await tryProbe(probe, target, means);
    } catch (error) {
      result = { outcome: 'unknown', output: error instanceof Error ? error.message : String(error) };
    }
    if (result.outcome !== 'unknown') return result;
  }
  return result;
}

function tryProbe(probe: Probe, { pod, container, podIP }: ProbeTarget, means: ProbeMeans): Promise<ProbeResult> {
  const { exec, httpGet, tcpSocket, timeoutSeconds = 1 } = probe;
  const timeoutMs = timeoutSeconds * secondMs;
  if (exec !== undefined) return execProbe(exec.command ?? [], timeoutMs, { pod, container }, means);
  if (httpGet !== undefined) {
    const { host = '', path = '/', scheme = 'HTTP', httpHeaders = [] } = httpGet;
    return means.network.httpGet({
      scheme: scheme === 'HTTPS' ? 'HTTPS' : 'HTTP',
      host: host === '' ? podIP : host,
      port: portOf(httpGet.port, container),
      path: path === '' ? '/' : path,
      headers: httpHeaders,
      timeoutMs,
    });
  }
  if (tcpSocket !== undefined) {
    const { host = '' } = tcpSocket;
    return means.network.tcpSocket(host === '' ? podIP : host, portOf(tcpSocket.port, container), timeoutMs);
  }
  throw new Error(`missing probe handler for ${pod.metadata.namespace}/${pod.metadata.name}:${container.name}`);
}

function portOf(port: number | string, container: Container): number {
  const found = containerPort(port, container);
  if (found === undefined) throw new Error(`invalid port number: ${port}`);
  return found;
}

/** Commands of probes see only the variables that the pod spells out. */
async function execProbe(
  command: readonly string[],
  timeoutMs: number,
  { pod, container }: { readonly pod: Pod; readonly container: Container },
  { runtime }: ProbeMeans,
): Promise<ProbeResult> {
  const variables = new Map((container.env ?? []).map(({ name, value = '' }) => [name, value]));
  const expanded = command.map((word) => expand(word, (name) => variables.get(name)));
  const { exitCode, output, timedOut } = await runtime.exec(pod.metadata.uid, container.name, expanded, timeoutMs);
  if (timedOut) {
    const why = `command timed out: "${expanded.join(' ')}" timed out after ${timeoutMs / secondMs}s`;
    return { outcome: 'failure', output: why };
  }
  return { outcome: exitCode === 0 ? 'success' : 'failure', output: output.slice(0, outputCharsMax) };
}
