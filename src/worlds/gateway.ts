/**
 * The gateway's process: reads Inferences and EndpointSlices from the API server that its kubeconfig
 * names, and serves the OpenAI API. Run as the image `slipway/gateway`.
 */
import { parseArgs } from 'node:util';
import { endpointSlices, inferences } from '../api/resources.ts';
import { inferenceLabel } from '../api/slipway/v1alpha1/inference.ts';
import { Activity } from '../gateway/activity.ts';
import { Gateway } from '../gateway/gateway.ts';
import { routingTable } from '../gateway/routes.ts';
import { entropy } from '../host/entropy.ts';
import { GatewayServer } from '../host/gateway-server.ts';
import { HttpClient } from '../host/http-client.ts';
import { readKubeconfig } from '../host/kubeconfig.ts';
import { streamLog } from '../host/log.ts';
import { systemClock } from '../host/system-clock.ts';
import { UndiciTransport } from '../host/undici-transport.ts';
import { Informer } from '../machinery/informer.ts';
import type { World } from '../machinery/world.ts';

const { values } = parseArgs({
  options: { kubeconfig: { type: 'string' }, listen: { type: 'string', default: '127.0.0.1:8080' } },
});
if (values.kubeconfig === undefined) {
  console.error('gateway: name the API server: --kubeconfig FILE [--listen HOST:PORT]');
  process.exit(2);
}
const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(values.listen) ?? [];
if (host === '') {
  console.error(`gateway: --listen ${values.listen} is not HOST:PORT`);
  process.exit(2);
}

const log = streamLog(process.stderr, process.env, systemClock).with({ component: 'gateway' });
const world: World = {
  clock: systemClock,
  random: entropy(log),
  client: new HttpClient(readKubeconfig(values.kubeconfig)),
  log,
};
const activity = new Activity(world);
const transport = new UndiciTransport();
const gateway = new Gateway({
  clock: systemClock,
  transport,
  onActivity: (route, isHeld) => activity.note(route, isHeld),
});

const inferenceInformer = new Informer(world, inferences);
const sliceInformer = new Informer(world, endpointSlices, { labelSelector: inferenceLabel });
const renew = (): void => gateway.setTable(routingTable(inferenceInformer.lister.list(), sliceInformer.lister.list()));
for (const informer of [inferenceInformer, sliceInformer]) informer.onChange(renew);
inferenceInformer.start();
sliceInformer.start();
await Promise.all([inferenceInformer.whenSynced(), sliceInformer.whenSynced()]);
renew();

const server = await GatewayServer.listen({ gateway, host, port: Number(port) }).catch(
  (error: NodeJS.ErrnoException) => {
    console.error(
      `gateway: cannot listen on ${values.listen}: ${error.code === 'EADDRINUSE' ? 'another program holds the port' : error.message}`,
    );
    process.exit(1);
  },
);
log.info('listening', { url: server.url });

let isStopping = false;
process.on('SIGTERM', () => {
  if (isStopping) process.exit(0);
  isStopping = true;
  void server.close().then(async () => {
    await transport.close();
    process.exit(0);
  });
});
