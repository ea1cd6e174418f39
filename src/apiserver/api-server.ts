import type { KindDefinition } from '../api/kind.ts';
import { customResourceDefinitions } from '../api/resources.ts';
import type { Client } from '../machinery/client.ts';
import { silentLog, type Log } from '../machinery/log.ts';
import type { Clock } from '../std/clock.ts';
import type { Random } from '../std/random.ts';
import type { AdmissionPlugin } from './admission.ts';
import { defaultTolerationSeconds } from './admission/default-toleration-seconds.ts';
import { namespaceLifecycle } from './admission/namespace-lifecycle.ts';
import { podIdentity } from './admission/pod-identity.ts';
import { serviceClusterIP } from './admission/service-cluster-ip.ts';
import { terminatingDefinition } from './admission/terminating-definition.ts';
import { inProcessClient } from './in-process-client.ts';
import type { AggregatedApi, PodLogs } from './backends.ts';
import type { ApiRequest, ApiResponse } from './exchange.ts';
import { CustomResources } from './custom-resources/custom-resources.ts';
import { definitionResource } from './custom-resources/definition-kind.ts';
import { EventExpiry } from './event-expiry.ts';
import { Handler } from './handler.ts';
import type { Journal } from './journal.ts';
import type { Registry } from './registry/registry.ts';
import { ResourceTable } from './resource-table.ts';
import { builtIn } from './served-resource.ts';
import { Store } from './store/store.ts';
import { createSystemNamespaces } from './system-namespaces.ts';

export interface ApiServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly kinds: readonly KindDefinition[];
  /** After the built-in ones. */
  readonly admission?: readonly AdmissionPlugin[] | undefined;
  /** Of ClusterIPs, as `127.128.0.0/12`. */
  readonly serviceRange?: string | undefined;
  readonly podLogs?: PodLogs | undefined;
  readonly aggregated?: readonly AggregatedApi[] | undefined;
  /** Slipway's own, for /version. */
  readonly version?: string | undefined;
  readonly log?: Log | undefined;
}

/** A Kubernetes API server as an object: the store, what is served from it, and the ways in. */
export class ApiServer {
  readonly registry: Registry;
  readonly #handler: Handler;
  readonly #eventExpiry: EventExpiry;
  readonly #customResources: CustomResources;

  constructor(options: ApiServerOptions) {
    const { clock, random, journal, kinds, admission = [], log = silentLog } = options;
    const store = new Store({ clock, journal });
    const resources = new ResourceTable();
    for (const kind of kinds) {
      const served = builtIn(kind);
      resources.add(
        kind.resource.resource === customResourceDefinitions.resource ? definitionResource(served) : served,
      );
    }
    this.registry = {
      store,
      resources,
      clock,
      random: random.fork('apiserver'),
      admission: [
        namespaceLifecycle(store, resources),
        terminatingDefinition(store),
        podIdentity,
        defaultTolerationSeconds,
        serviceClusterIP(store, () => clock.now(), options.serviceRange),
        ...admission,
      ],
    };
    this.#eventExpiry = new EventExpiry(store, clock);
    this.#customResources = new CustomResources(this.registry, (error) =>
      log.error('a custom resource definition could not be served as it should', { error }),
    );
    this.#handler = new Handler({
      registry: this.registry,
      podLogs: options.podLogs,
      aggregated: options.aggregated ?? [],
      version: options.version ?? '0.0.0',
      onBug: (error, { method, path }) =>
        log.error('a request failed for no reason of its own', { method, path, error }),
    });
  }

  /** Brings back what the journal holds and makes what every cluster has. */
  async start(): Promise<void> {
    await this.registry.store.recover();
    this.#customResources.start();
    await createSystemNamespaces(this.registry);
    this.#eventExpiry.start();
  }

  /** Answers one request from the wire. Never rejects. */
  handle(request: ApiRequest): Promise<ApiResponse> {
    return this.#handler.handle(request);
  }

  /** The Kubernetes API without a wire, with all rights. */
  client(): Client {
    return inProcessClient(this.registry);
  }

  /** Lets the writes in flight end; refuses further ones. */
  async stop(): Promise<void> {
    this.#eventExpiry.stop();
    this.#customResources.stop();
    await this.registry.store.close();
  }
}
