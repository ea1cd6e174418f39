/**
 * The gateway's process: reads Inferences and EndpointSlices from the API server that its kubeconfig
 * names, and serves the OpenAI API. Run as the image `slipway/gateway`. Exit codes: 0 after a drain, 1 when the
 * address cannot be had, 2 for wrong flags.
 */
import { parseArgs } from 'node:util';
import { endpointSlices, inferences } from '../api/resources.ts';
import { Activity } from '../gateway/activity.ts';
import { Gateway } from '../gateway/gateway.ts';
import { defaultLimits } from '../gateway/limits.ts';
import { routingTable } from '../gateway/routing-table.ts';
import { entropy } from '../host/entropy.ts';
import { GatewayServer } from '../host/gateway-server.ts';
import { HttpClient } from '../host/http-client.ts';
import { readKubeconfig } from '../host/kubeconfig.ts';
import { streamLog } from '../host/log.ts';
import { systemClock } from '../host/system-clock.ts';
import { UndiciTransport } from '../host/undici-transport.ts';
import { Informer } from '../machinery/informer.ts';
import type { World } from '../machinery/world.ts';
import { parseDuration } from '../std/duration.ts';

const usage = `usage: gateway --kubeconfig FILE [--listen HOST:PORT] [--allow-host HOST:PORT ...]
               [--drain-notice DURATION] [--drain-limit DURATION]`;

const flags = readFlags();
const log = streamLog(process.stderr, process.env, systemClock).with({ component: 'gateway' });
const world: World = {
  clock: systemClock,
  random: entropy(log),
  client: new HttpClient(readKubeconfig(flags.kubeconfig)),
  log,
};

const activity = new Activity(world);
const transport = new UndiciTransport(defaultLimits);
const gateway = new Gateway({
  clock: systemClock,
  transport,
  onActivity: (route, isHeld) => activity.note(route, isHeld),
});

const models = new Informer(world, inferences);
const slices = new Informer(world, endpointSlices);
await followModels();

const server = await GatewayServer.listen({ ...flags, gateway, log }).catch((error: NodeJS.ErrnoException) => {
  const why = error.code === 'EADDRINUSE' ? 'another program has the port' : error.message;
  console.error(`gateway: cannot listen on ${flags.host}:${flags.port}: ${why}`);
  process.exit(1);
});
log.info('listening', { host: flags.host, port: server.port });

let isStopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (isStopping) return;
    isStopping = true;
    log.info('draining', { requests: gateway.active });
    void server.drain(flags).then(async () => {
      await transport.close();
      process.exit(0);
    });
  });
}

/** Many changes of one turn make one table. */
async function followModels(): Promise<void> {
  let isPlanned = false;
  const renew = (): void => {
    isPlanned = false;
    gateway.setTable(routingTable(models.lister.list(), slices.lister.list()));
  };
  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(renew);
  };
  models.onChange(plan);
  slices.onChange(plan);
  models.start();
  slices.start();
  await Promise.all([models.whenSynced(), slices.whenSynced()]);
  renew();
}

function readFlags(): {
  kubeconfig: string;
  host: string;
  port: number;
  allowedHosts: readonly string[];
  noticeMs: number;
  limitMs: number;
} {
  try {
    const { values } = parseArgs({
      options: {
        kubeconfig: { type: 'string' },
        listen: { type: 'string', default: '127.0.0.1:8080' },
        'allow-host': { type: 'string', multiple: true, default: [] },
        'drain-notice': { type: 'string', default: '500ms' },
        'drain-limit': { type: 'string', default: '60s' },
      },
    });
    const { kubeconfig, listen } = values;
    if (kubeconfig === undefined) throw new Error('--kubeconfig is missing');
    const [, host = '', port = ''] = /^\[?([^\]]*)\]?:(\d{1,5})$/.exec(listen) ?? [];
    if (host === '') throw new Error(`--listen ${listen} is not HOST:PORT`);
    return {
      kubeconfig,
      host,
      port: Number(port),
      allowedHosts: values['allow-host'],
      noticeMs: durationOf('drain-notice', values['drain-notice']),
      limitMs: durationOf('drain-limit', values['drain-limit']),
    };
  } catch (error) {
    console.error(`gateway: ${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

function durationOf(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 0) throw new Error(`--${flag} ${text} is no duration such as 30s`);
  return ms;
}
