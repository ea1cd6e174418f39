import { join } from 'node:path';
import { customResourceDefinitions, deployments, namespaces } from '../api/resources.ts';
import { builtInKinds } from '../api/kinds.ts';
import { inferenceCustomResourceDefinition } from '../api/slipway/v1alpha1/inference-crd.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import type { DataDirectory } from '../host/data-directory.ts';
import { ensureCertificates } from '../host/certificate-authority.ts';
import { openDiskJournal } from '../host/disk-journal.ts';
import { removeEngineRecord, startTicksOf, writeEngineRecord, type EngineRecord } from '../host/engine-record.ts';
import { entropy } from '../host/entropy.ts';
import { startHttpsServer } from '../host/https-server.ts';
import { writeKubeconfig } from '../host/kubeconfig.ts';
import { fileLog } from '../host/log.ts';
import { readMachine } from '../host/machine.ts';
import { ProcessRuntime } from '../host/process-runtime/process-runtime.ts';
import { makeFolder } from '../host/make-folder.ts';
import { systemClock } from '../host/system-clock.ts';
import { slipwayVersion } from '../host/version.ts';
import type { World } from '../machinery/world.ts';
import { ensure } from './ensure.ts';
import { gatewayDeployment, systemNamespace } from './gateway-deployment.ts';
import { localAdmission } from './local-admission.ts';
import { lateMetricsApi, nodeNames, startComponents, stopAll, type Late } from './local-components.ts';
import { localPodLogs } from './local-pod-logs.ts';
import { serviceRange } from './service-range.ts';
import { freePort, isFree, readPorts, writePorts, type Ports } from './ports-file.ts';

export interface LocalOptions {
  readonly directory: DataDirectory;
  /** Of the gateway; 0 takes the last one again, else a free one. */
  readonly port: number;
  /** Of the Kubernetes API; likewise. */
  readonly apiPort: number;
  readonly nodes: number;
  /** Called with each step of the start, for people. */
  readonly onStep: (step: string) => void;
}

export interface LocalEngine {
  readonly record: EngineRecord;
  /** Stops the pods, then everything else; what was written stays. */
  stop(): Promise<void>;
}

/** The engine could not start; `next` says what to do about it. */
export class StartError extends Error {
  readonly next: string;
  constructor(message: string, next: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'StartError';
    this.next = next;
  }
}

/** How long pods may take to end when the engine is told to stop: a person waits. */
const stopGraceMs = 5_000;

/** Composes the local world: a Kubernetes API with everything behind it, in this process, its pods in others. */
export async function startLocal(options: LocalOptions): Promise<LocalEngine> {
  const { directory, onStep } = options;
  makeDataFolder(directory.root);
  const portsFile = join(directory.root, 'ports.json');
  const log = fileLog(directory.log, systemClock);
  const random = entropy(log);
  const undo: (() => Promise<void> | void)[] = [];
  try {
    const journal = await openDiskJournal(directory.journal, { log }).catch((error: unknown) => {
      throw new StartError(
        `the data in ${directory.journal} cannot be opened: ${(error as Error).message}`,
        'stop the other engine, or use another folder: --data-dir DIR',
        { cause: error },
      );
    });
    undo.push(() => journal.close());
    const certificates = ensureCertificates(directory.pki, systemClock.now());
    const runtime = await ProcessRuntime.open({
      folder: directory.pods,
      clock: systemClock,
      random: random.fork('runtime'),
      log,
      cpuMillis: readMachine().cpuMillis,
    });
    undo.push(() => runtime.close());
    await runtime.keepNodes(nodeNames(options.nodes));
    const ports = await choosePorts(options, portsFile, await hasGateway(runtime, options.nodes));

    onStep('reading the journal');
    const late: Late = {};
    const apiServer = new ApiServer({
      clock: systemClock,
      random,
      journal,
      kinds: builtInKinds,
      admission: [localAdmission((name) => late.informers?.for(namespaces).lister.get({ name }))],
      serviceRange: serviceRange(directory.root),
      podLogs: localPodLogs((node) => runtime.forNode(node)),
      aggregated: [lateMetricsApi(late)],
      version: slipwayVersion,
      log,
    });
    await apiServer.start();
    undo.push(() => apiServer.stop());

    const https = await startHttpsServer({
      handle: (request) => apiServer.handle(request),
      server: certificates.server,
      authority: certificates.authority,
      port: ports.api,
      log,
    });
    undo.push(() => https.close());
    const access = {
      server: https.url,
      authority: certificates.authority,
      client: certificates.admin,
      namespace: 'default',
    };
    writeKubeconfig(directory.kubeconfig, access);
    const gatewayKubeconfig = join(directory.root, 'gateway.kubeconfig');
    writeKubeconfig(gatewayKubeconfig, access);
    onStep(`Kubernetes API on ${https.url}`);

    const world: World = { clock: systemClock, random, client: apiServer.client(), log };
    await ensure(world.client, customResourceDefinitions, inferenceCustomResourceDefinition);
    await ensure(world.client, namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: systemNamespace },
    });
    await ensure(
      world.client,
      deployments,
      gatewayDeployment({ kubeconfig: gatewayKubeconfig, port: ports.gateway, server: https.url }),
    );

    const components = await startComponents(world, {
      nodes: options.nodes,
      runtime,
      late,
      authority: certificates.authority,
      gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
      resources: () => apiServer.registry.resources.all().map(({ resource }) => resource),
    });
    undo.push(() => stopAll(components));
    const record: EngineRecord = {
      pid: process.pid,
      startTicks: startTicksOf(process.pid) ?? '',
      startedAt: new Date(systemClock.now()).toISOString(),
      version: slipwayVersion,
      server: https.url,
      gateway: `http://127.0.0.1:${ports.gateway}`,
      nodes: options.nodes,
    };
    writePorts(portsFile, { api: https.port, gateway: ports.gateway });
    writeEngineRecord(directory.record, record);
    return {
      record,
      async stop() {
        await stopAll(components);
        undo.pop();
        await runtime.shutdown(stopGraceMs);
        await undoAll(undo);
        removeEngineRecord(directory.record);
      },
    };
  } catch (error) {
    await undoAll(undo).catch(() => {});
    throw error;
  }
}

function makeDataFolder(root: string): void {
  try {
    makeFolder(root);
  } catch (error) {
    throw new StartError(
      `the folder ${root} cannot be made: ${(error as Error).message}`,
      'name a writable one: --data-dir DIR',
      {
        cause: error,
      },
    );
  }
}

/** Backwards, and all of it, whatever fails on the way. */
async function undoAll(undo: readonly (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.toReversed()) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped');
}

/**
 * The ports of this start: those that were told, else the last ones, else free ones. The gateway's may be held by
 * its own process, which outlived the last engine; held by anybody else it is an error that names the way out.
 */
async function choosePorts({ port, apiPort }: LocalOptions, file: string, isGatewayAlive: boolean): Promise<Ports> {
  const last = readPorts(file);
  const gateway = port !== 0 ? port : (last?.gateway ?? (await freePort()));
  const isOwn = isGatewayAlive && gateway === last?.gateway;
  if (!isOwn && !(await isFree(gateway))) throw inUse(gateway, 'port');
  if (apiPort !== 0) {
    if (!(await isFree(apiPort))) throw inUse(apiPort, 'api-port');
    return { gateway, api: apiPort };
  }
  // Nobody was promised this one: kubeconfigs are written anew, and pods follow.
  const api = last !== undefined && (await isFree(last.api)) ? last.api : 0;
  return { gateway, api };
}

const inUse = (port: number, option: string): StartError =>
  new StartError(
    `port ${port} is already in use by another program`,
    `choose another one with --${option} P; --${option} 0 picks a free one`,
  );

/** Whether the gateway of the last engine still runs. */
async function hasGateway(runtime: ProcessRuntime, nodes: number): Promise<boolean> {
  const pods = (await Promise.all(nodeNames(nodes).map((node) => runtime.forNode(node).list()))).flat();
  return pods.some(
    ({ namespace, containers }) => namespace === systemNamespace && containers.some(({ state }) => state === 'running'),
  );
}
