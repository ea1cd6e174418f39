import type { Container, LifecycleHandler, Pod } from '../../api/schema/core-v1.ts';
import { secondMs, sleep, type Clock } from '../../std/clock.ts';
import { containerPort } from '../container-port.ts';
import type { ContainerRuntime } from '../container-runtime.ts';
import type { NetworkProber } from '../prober.ts';

export interface HookMeans {
  readonly clock: Clock;
  readonly network: NetworkProber;
  readonly runtime: Pick<ContainerRuntime, 'exec'>;
}

export interface HookTarget {
  readonly pod: Pod;
  readonly container: Container;
  readonly podIP: string;
}

/** A command of a hook ends with its container at the latest; timers take no more than this, in milliseconds. */
const execTimeoutMs = 2 ** 31 - 1;
/** net/http's client of the kubelet has none; a server that never answers must not hold a start for ever. */
const httpTimeoutMs = 30 * secondMs;

/** Runs a postStart or preStop handler; undefined when all went well, else what went wrong. Never rejects. */
export async function runHook(
  handler: LifecycleHandler,
  target: HookTarget,
  means: HookMeans,
): Promise<string | undefined> {
  const { pod, container } = target;
  const { namespace = '', name, uid } = pod.metadata;
  const failed = (hook: string, error: string): string =>
    `${hook} for Container "${container.name}" in Pod "${name}_${namespace}(${uid})" failed - error: ${error}`;
  try {
    if (handler.exec !== undefined) {
      const { command = [] } = handler.exec;
      const { exitCode, output } = await means.runtime.exec(uid, container.name, command, execTimeoutMs);
      if (exitCode === 0) return undefined;
      const error = `command '${command.join(' ')}' exited with ${exitCode}: ${output}`;
      return failed(`Exec lifecycle hook ([${command.join(' ')}])`, `${error}, message: ${JSON.stringify(output)}`);
    }
    if (handler.httpGet !== undefined) {
      const error = await request(handler.httpGet, target, means);
      return error === undefined ? undefined : failed(`HTTP lifecycle hook (${handler.httpGet.path ?? ''})`, error);
    }
    if (handler.sleep !== undefined) {
      await sleep(means.clock, handler.sleep.seconds * secondMs);
      return undefined;
    }
    return 'Cannot run handler: invalid handler';
  } catch (error) {
    return failed('Lifecycle hook', error instanceof Error ? error.message : String(error));
  }
}

/** Any answer of the server will do, whatever its status says. */
async function request(
  { host = '', path = '/', port, scheme = 'HTTP', httpHeaders = [] }: NonNullable<LifecycleHandler['httpGet']>,
  { container, podIP }: HookTarget,
  { network }: HookMeans,
): Promise<string | undefined> {
  const number = containerPort(port, container);
  if (number === undefined) return `invalid port number: ${port}`;
  const { outcome, output, statusCode } = await network.httpGet({
    scheme: scheme === 'HTTPS' ? 'HTTPS' : 'HTTP',
    host: host === '' ? podIP : host,
    port: number,
    path: path === '' ? '/' : path,
    headers: httpHeaders,
    timeoutMs: httpTimeoutMs,
  });
  return outcome === 'success' || outcome === 'warning' || statusCode !== undefined ? undefined : output;
}
