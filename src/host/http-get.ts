import { Agent, get } from 'node:http';
import type { HttpGet } from '../autoscaling/metrics/scraper.ts';

/** Reads pods' metrics over plain HTTP. Follows no redirect: a pod does not choose what else is read. */
export function httpGet(): HttpGet & { close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 2, maxFreeSockets: 1, timeout: 10_000 });
  return {
    get: ({ host, port, path }, { timeoutMs, maxBytes, signal }) =>
      new Promise((resolve, reject) => {
        // Covers the whole exchange: a server that drips a byte at a time does not reset it.
        const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
        const request = get(
          { host, port, path, agent, signal: limit, headers: { accept: 'text/plain' } },
          (response) => {
            const chunks: Buffer[] = [];
            let size = 0;
            if (response.statusCode !== 200) {
              request.destroy(new Error(`the server answered ${response.statusCode}`));
              return;
            }
            response.on('data', (chunk: Buffer) => {
              size += chunk.length;
              if (size > maxBytes) request.destroy(new Error(`more than ${maxBytes} bytes`));
              else chunks.push(chunk);
            });
            response.on('error', reject);
            response.on('aborted', () => reject(new Error('the connection ended within the answer')));
            response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
          },
        );
        request.on('error', (error) => reject(limit.aborted && !signal.aborted ? new Error('timed out') : error));
      }),
    close: () => agent.destroy(),
  };
}
