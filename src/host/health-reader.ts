import { get } from 'node:http';
import type { Pod } from '../api/schema/core-v1.ts';
import { type HealthReader, type ServerHealth, parseServerHealth } from '../inference/server-health.ts';

const timeoutMs = 1_000;
const maxBytes = 64 * 1024;

/** Asks the first port of a pod at its start-up probe's path. A server that loads answers 503 and says how far it is. */
export function healthReader(): HealthReader {
  return {
    read(pod) {
      const target = targetOf(pod);
      return target === undefined ? Promise.resolve(undefined) : read(target);
    },
  };
}

function targetOf({ spec, status }: Pod): { host: string; port: number; path: string } | undefined {
  const [container] = spec.containers;
  const port = container?.ports?.[0]?.containerPort;
  const path = container?.startupProbe?.httpGet?.path;
  const host = status.podIP ?? '';
  return host === '' || port === undefined || path === undefined ? undefined : { host, port, path };
}

function read(target: { host: string; port: number; path: string }): Promise<ServerHealth | undefined> {
  return new Promise((resolve) => {
    const request = get({ ...target, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > maxBytes) request.destroy();
      });
      response.on('end', () => resolve(parseServerHealth(text)));
      response.on('close', () => resolve(undefined));
    });
    request.on('error', () => resolve(undefined));
  });
}
