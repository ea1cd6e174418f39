/*
 * Plays exchange-requests.ts against a real Kubernetes 1.36.3 and writes its answers where the API server's tests read
 * them. Run by hand, on an empty cluster without controllers:
 *
 *   up DIR --nodes none --no-controllers --no-scheduler
 *   tools/node/run test/real-cluster/record-exchanges.ts DIR/kubeconfig
 */
import { Agent, request as httpsRequest } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { writeFileSync } from 'node:fs';
import { readKubeconfig } from '../../src/host/kubeconfig.ts';
import { exchangeRequests, type ExchangeRequest } from './exchange-requests.ts';
import { playExchanges, type ExchangeAnswer } from './play-exchanges.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: record-exchanges.ts KUBECONFIG');
const access = readKubeconfig(path);
const agent = new Agent({
  ca: access.authority,
  cert: access.client?.certificate,
  key: access.client?.privateKey,
  keepAlive: true,
});

async function send({ method, path: target, headers, body }: ExchangeRequest): Promise<ExchangeAnswer> {
  const text = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const request = httpsRequest(new URL(target, access.server), {
    method,
    agent,
    headers: {
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': text.length }),
      ...(access.token === undefined ? {} : { authorization: `Bearer ${access.token}` }),
      ...headers,
    },
  });
  request.end(text);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let answer = '';
  for await (const chunk of response.setEncoding('utf8')) answer += chunk as string;
  const { warning } = response.headers;
  return {
    status: response.statusCode ?? 0,
    text: answer,
    warning: Array.isArray(warning) ? warning.join(', ') : warning,
  };
}

const exchanges = await playExchanges(exchangeRequests, send);
const file = new URL('../../src/apiserver/testdata/exchanges.json', import.meta.url);
const lines = exchanges.map((exchange) => JSON.stringify(exchange));
writeFileSync(file, `[\n${lines.join(',\n')}\n]\n`);
console.log(`${exchanges.length} exchanges recorded`);
agent.destroy();
