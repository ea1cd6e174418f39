import { findCondition } from '../../src/api/conditions.ts';
import type { KubernetesObject, Resource } from '../../src/api/resource.ts';
import {
  configMaps,
  deployments,
  endpointSlices,
  endpoints,
  events,
  namespaces,
  podDisruptionBudgets,
  pods,
  replicaSets,
  serviceAccounts,
  services,
} from '../../src/api/resources.ts';
import type { Pod, PodTemplateSpec } from '../../src/api/schema/core-v1.ts';
import type { Draft } from '../../src/api/schema/draft.ts';
import type { Client } from '../../src/machinery/client.ts';

const namespace = 'story';
const key = { namespace, name: 'web' };
const labels = { app: 'web' };
/** Who speaks for a controller, in events. */
const sources = new Set([
  'deployment-controller',
  'replicaset-controller',
  'endpoint-slice-controller',
  'controllermanager',
]);

export interface StoryTeller {
  readonly client: Client;
  /** Waits until it holds; rejects when it never does. */
  readonly until: (what: string, holds: () => Promise<boolean>) => Promise<void>;
}

/**
 * The life of a Deployment with its Service and budget: made, rolled out, scaled, paused, rolled back, hurt and deleted.
 * After each chapter all that the controllers wrote is told, without what chance and time decide. The same story is
 * told by a real cluster and by ours.
 */
export async function tellStory({ client, until }: StoryTeller): Promise<readonly string[]> {
  const lines: string[] = [];
  const told = new Set<string>();
  const names = new Map<string, string>();
  const chapter = async (title: string): Promise<void> => {
    const state = await stateOf(client, { told, names });
    lines.push(`== ${title}`, ...state, '');
  };
  const change = (spec: object): Promise<unknown> => client.patch(deployments, key, { type: 'merge', body: { spec } });
  const complete = (image: string, replicas: number): Promise<void> =>
    until(`${replicas} pods of ${image}`, async () => {
      const { metadata, spec, status } = await client.get(deployments, key);
      const all = (await client.list(pods, { namespace, labelSelector: 'app=web' })).items;
      const budget = await client.get(podDisruptionBudgets, key);
      const slices = (await client.list(endpointSlices, { namespace })).items.flatMap((slice) => slice.endpoints ?? []);
      const legacy = await client.get(endpoints, key).catch(() => undefined);
      const addresses = legacy?.subsets?.flatMap((subset) => subset.addresses ?? []) ?? [];
      return (
        spec.template.spec.containers[0]?.image === image &&
        status.observedGeneration === metadata.generation &&
        (status.updatedReplicas ?? 0) === replicas &&
        (status.replicas ?? 0) === replicas &&
        (status.availableReplicas ?? 0) === replicas &&
        (status.terminatingReplicas ?? 0) === 0 &&
        (spec.paused === true ||
          findCondition(status.conditions, 'Progressing')?.reason === 'NewReplicaSetAvailable') &&
        all.length === replicas &&
        budget.status.currentHealthy === replicas &&
        budget.status.expectedPods === replicas &&
        budget.status.disruptedPods === undefined &&
        slices.filter(({ conditions }) => conditions.ready === true).length === replicas &&
        slices.length === replicas &&
        addresses.length === replicas
      );
    });
  const template = (image: string): Draft<PodTemplateSpec> => ({
    metadata: { labels },
    spec: { containers: [{ name: 'c', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
  });

  await client.create(namespaces, { metadata: { name: namespace } });
  await until('the namespace is furnished', async () => {
    const accounts = await client.list(serviceAccounts, { namespace });
    const maps = await client.list(configMaps, { namespace });
    return accounts.items.length > 0 && maps.items.length > 0;
  });
  await client.create(services, {
    metadata: { ...key, labels: { team: 'a' } },
    spec: {
      selector: labels,
      ports: [
        { name: 'web', port: 80, targetPort: 'http' },
        { name: 'raw', port: 81, targetPort: 9090 },
      ],
    },
  });
  await client.create(podDisruptionBudgets, {
    metadata: key,
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  });
  await until(
    'the budget is counted',
    async () => (await client.get(podDisruptionBudgets, key)).status.conditions !== undefined,
  );
  await client.create(deployments, {
    metadata: { ...key, annotations: { 'example.com/note': 'kept' } },
    spec: {
      replicas: 3,
      revisionHistoryLimit: 2,
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: template('a'),
    },
  });
  await complete('a', 3);
  await chapter('made');

  await change({ template: template('b') });
  await complete('b', 3);
  await chapter('rolled out');

  await change({ replicas: 5 });
  await complete('b', 5);
  await chapter('scaled up');

  await change({ replicas: 2 });
  await complete('b', 2);
  await chapter('scaled down');

  await change({ paused: true, template: template('c') });
  await until('the pause is seen', async () => {
    const { metadata, status } = await client.get(deployments, key);
    return (
      status.observedGeneration === metadata.generation &&
      findCondition(status.conditions, 'Progressing')?.reason === 'DeploymentPaused'
    );
  });
  await chapter('paused with a new template');

  await change({ paused: false });
  await complete('c', 2);
  await chapter('resumed');

  await change({ template: template('a') });
  await complete('a', 2);
  await chapter('back to the first template');

  await change({ template: template('d') });
  await complete('d', 2);
  await until('the history is cut', async () => (await client.list(replicaSets, { namespace })).items.length === 3);
  await chapter('beyond the history');

  await change({ strategy: { type: 'Recreate', rollingUpdate: null } });
  await complete('d', 2);
  await change({ template: template('e') });
  await complete('e', 2);
  await until('the history is cut', async () => (await client.list(replicaSets, { namespace })).items.length === 3);
  await chapter('recreated');

  const [victim, stray] = (await client.list(pods, { namespace, labelSelector: 'app=web' })).items;
  await client.delete(pods, victim!.metadata);
  await until('it is replaced', async () => {
    const all = (await client.list(pods, { namespace, labelSelector: 'app=web' })).items;
    return all.length === 2 && !all.some(({ metadata }) => metadata.uid === victim!.metadata.uid);
  });
  await complete('e', 2);
  await client.patch(pods, stray!.metadata, { type: 'merge', body: { metadata: { labels: { app: 'stray' } } } });
  await complete('e', 2);
  await chapter('a pod deleted and another released');

  await client.delete(deployments, key, { propagationPolicy: 'Foreground' });
  await until('all of it is gone', async () => {
    const left = [deployments, replicaSets].map((resource) => client.list(resource as Resource, { namespace }));
    const owned = await client.list(pods, { namespace, labelSelector: 'app=web' });
    const slices = (await client.list(endpointSlices, { namespace })).items.flatMap((slice) => slice.endpoints ?? []);
    const { currentHealthy } = (await client.get(podDisruptionBudgets, key)).status;
    const legacy = await client.get(endpoints, key);
    const isEmpty = slices.length === 0 && legacy.subsets === undefined && currentHealthy === 0;
    return isEmpty && owned.items.length === 0 && (await Promise.all(left)).every(({ items }) => items.length === 0);
  });
  await chapter('deleted in the foreground');

  await client.delete(services, key);
  await until('its endpoints are gone', async () => {
    const slices = await client.list(endpointSlices, { namespace });
    return slices.items.length === 0 && (await client.list(endpoints, { namespace })).items.length === 0;
  });
  await client.delete(namespaces, { name: namespace });
  await until('the namespace is gone', () =>
    client.get(namespaces, { name: namespace }).then(
      () => false,
      () => true,
    ),
  );
  return lines;
}

/**
 * What the controllers wrote in the namespace, a line each, and the events that were not told before. Hashes of templates
 * go by the name of their image.
 */
async function stateOf(
  client: Client,
  { told, names }: { readonly told: Set<string>; readonly names: Map<string, string> },
): Promise<readonly string[]> {
  const list = async <T extends KubernetesObject>(resource: Resource<T>): Promise<readonly T[]> =>
    (await client.list(resource, { namespace })).items;
  const sets = await list(replicaSets);
  const imageOf = ({
    spec,
  }: {
    readonly spec: { readonly containers: readonly { readonly image?: string | undefined }[] };
  }): string => spec.containers[0]?.image ?? '';
  for (const set of sets) {
    const hash = set.metadata.labels?.['pod-template-hash'] ?? '';
    if (hash !== '') names.set(hash, `<${imageOf(set.spec.template)}>`);
  }
  const plain = (text: string): string => {
    let result = text;
    for (const [hash, name] of names) result = result.replaceAll(hash, name);
    return result.replace(/(web-<[a-z]+>)-[a-z0-9]{5}\b/g, '$1-<pod>');
  };
  const say = (what: string, value: unknown): string => plain(`${what} ${JSON.stringify(value)}`);
  const conditionsOf = (
    conditions: readonly {
      type: string;
      status: string;
      reason?: string | undefined;
      message?: string | undefined;
    }[] = [],
  ): unknown =>
    conditions
      .map(({ type, status, reason, message }) => [type, status, reason, message ?? ''])
      .toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1));

  const lines: string[] = [];
  for (const { metadata, status } of await list(deployments)) {
    const { conditions, ...counts } = status;
    lines.push(
      say('deployment', { generation: metadata.generation, annotations: metadata.annotations, ...ordered(counts) }),
    );
    lines.push(say('deployment conditions', conditionsOf(conditions)));
  }
  for (const { metadata, spec, status } of sets.toSorted((a, b) =>
    imageOf(a.spec.template) < imageOf(b.spec.template) ? -1 : 1,
  )) {
    const owners = (metadata.ownerReferences ?? []).map(({ kind, name, controller, blockOwnerDeletion }) => ({
      kind,
      name,
      controller,
      blockOwnerDeletion,
    }));
    lines.push(
      say('replicaset', {
        name: metadata.name,
        annotations: ordered(metadata.annotations ?? {}),
        labels: ordered(metadata.labels ?? {}),
        owners,
        selector: spec.selector,
        replicas: spec.replicas,
        status: ordered(status),
      }),
    );
  }
  const ownedBy = ({ metadata }: Pod): string =>
    (metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind}/${name}`).join();
  for (const pod of (await list(pods))
    .map((one) =>
      say('pod', { labels: ordered(one.metadata.labels ?? {}), owners: ownedBy(one), phase: one.status.phase }),
    )
    .toSorted())
    lines.push(pod);
  for (const { metadata, addressType, ports, endpoints: all } of await list(endpointSlices)) {
    const shown = (all ?? []).map(({ conditions, targetRef, nodeName, zone, hostname }) => ({
      conditions: ordered({ ...conditions }),
      target: targetRef?.kind,
      hasNode: nodeName !== undefined,
      zone,
      hostname,
    }));
    lines.push(
      say('endpointslice', {
        labels: ordered(metadata.labels ?? {}),
        owner: metadata.ownerReferences?.[0]?.kind,
        addressType,
        ports: (ports ?? []).map((port) => ordered({ ...port })).toSorted(byText),
        endpoints: shown,
      }),
    );
  }
  for (const { metadata, subsets = [] } of await list(endpoints))
    lines.push(
      say('endpoints', {
        labels: ordered(metadata.labels ?? {}),
        subsets: subsets.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => ({
          ready: addresses.length,
          notReady: notReadyAddresses.length,
          ports: ports.map((port) => ordered({ ...port })).toSorted(byText),
        })),
      }),
    );
  for (const { status } of await list(podDisruptionBudgets)) {
    const { conditions, ...counts } = status;
    lines.push(say('budget', { ...ordered(counts), conditions: conditionsOf(conditions) }));
  }
  lines.push(
    say(
      'serviceaccounts',
      (await list(serviceAccounts)).map(({ metadata }) => metadata.name),
    ),
  );
  lines.push(
    say(
      'configmaps',
      (await list(configMaps)).map(({ metadata, data }) => [metadata.name, Object.keys(data ?? {})]),
    ),
  );
  const news = (await list(events))
    .filter(({ source }) => sources.has(source.component ?? ''))
    .map(({ involvedObject, source, type, reason, message = '', reportingComponent }) => {
      const about = `${involvedObject.apiVersion} ${involvedObject.kind} ${involvedObject.name}`;
      // Which of many the last one was is a matter of time.
      const words = message.startsWith('(combined') ? '(combined from similar events)' : message;
      return plain(`event ${source.component} (${reportingComponent}) on ${about}: ${type} ${reason}: ${words}`);
    });
  for (const line of [...new Set(news)].toSorted()) {
    if (!told.has(line)) lines.push(line);
    told.add(line);
  }
  return lines;
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** The same object with its fields in order, and without those that time alone decides. */
function ordered(object: object): object {
  return Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
