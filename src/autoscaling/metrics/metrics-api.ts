import { ApiError, badRequest, notFound } from '../../api/error.ts';
import { type FieldSelector, matchesFields, parseFieldSelector } from '../../api/field-selector.ts';
import { type Selector, everything, matchesLabels } from '../../api/label-selector.ts';
import { parseLabelSelector } from '../../api/label-selector-grammar.ts';
import type { NodeMetrics, PodMetrics } from '../../api/metrics/v1beta1/pod-metrics.ts';
import { addQuantity, formatQuantity, parseQuantity, zeroQuantity } from '../../api/quantity.ts';
import type { Node, Pod } from '../../api/schema/core-v1.ts';
import type { Lister } from '../../machinery/lister.ts';
import type { Clock } from '../../std/clock.ts';
import { nodeMetrics, podMetrics } from './usage-metrics.ts';
import type { UsageStore } from './usage-store.ts';

/** What this API reads of a request; the API server's own request has it all. */
export interface MetricsRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface MetricsResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const group = 'metrics.k8s.io';
const version = 'v1beta1';
const verbs = ['get', 'list'];

/**
 * metrics.k8s.io/v1beta1 over what was measured, for `kubectl top` and everybody's autoscalers. It has
 * the shape of the API server's AggregatedApi, which a world hands it to. Follows metrics-server 0.8 pkg/api.
 */
export class MetricsApi {
  readonly group: string = group;
  readonly version: string = version;
  readonly resources: readonly {
    readonly resource: string;
    readonly singular: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[] = [
    { resource: 'nodes', singular: '', kind: 'NodeMetrics', namespaced: false, verbs },
    { resource: 'pods', singular: '', kind: 'PodMetrics', namespaced: true, verbs },
  ];
  readonly #usage: UsageStore;
  readonly #pods: Lister<Pod>;
  readonly #nodes: Lister<Node>;
  readonly #clock: Clock;

  constructor(options: {
    readonly usage: UsageStore;
    readonly pods: Lister<Pod>;
    readonly nodes: Lister<Node>;
    readonly clock: Clock;
  }) {
    this.#usage = options.usage;
    this.#pods = options.pods;
    this.#nodes = options.nodes;
    this.#clock = options.clock;
  }

  async handle(request: MetricsRequest): Promise<MetricsResponse> {
    try {
      return answer(200, this.#serve(request));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return answer(error.code, error.toStatus());
    }
  }

  #serve({ method, path, query, headers }: MetricsRequest): object {
    if (method !== 'GET')
      throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
    const asTable = wantsTable(headers['accept']);
    const { resource, namespace, name } = parsePath(path);
    if (name === '') {
      const items = this.#list(resource, namespace, query);
      if (asTable) return tableOf(items);
      return { kind: `${kindOf(resource)}List`, apiVersion: `${group}/${version}`, metadata: {}, items };
    }
    const item = this.#get(resource, namespace, name);
    return asTable ? tableOf([item]) : item;
  }

  #list(resource: 'pods' | 'nodes', namespace: string, query: URLSearchParams): readonly (PodMetrics | NodeMetrics)[] {
    const selector = labelSelectorOf(query);
    const fields = fieldSelectorOf(query);
    const now = this.#clock.now();
    const isSelected = ({ metadata }: Pod | Node): boolean =>
      matchesLabels(selector, metadata.labels) &&
      matchesFields(fields, (field) => (field === 'metadata.name' ? metadata.name : (metadata.namespace ?? '')));
    if (resource === 'nodes')
      return this.#nodes
        .list()
        .filter(isSelected)
        .flatMap((node) => nodeMetrics(this.#usage, node, now) ?? [])
        .toSorted((a, b) => compare(a.metadata.name, b.metadata.name));
    return this.#pods
      .list(namespace === '' ? undefined : namespace)
      .filter(isSelected)
      .flatMap((pod) => podMetrics(this.#usage, pod, now) ?? [])
      .toSorted(
        (a, b) => compare(a.metadata.namespace, b.metadata.namespace) || compare(a.metadata.name, b.metadata.name),
      );
  }

  #get(resource: 'pods' | 'nodes', namespace: string, name: string): PodMetrics | NodeMetrics {
    const now = this.#clock.now();
    if (resource === 'nodes') {
      const node = this.#nodes.get({ name });
      if (node === undefined) throw notFound({ group: '', resource }, name);
      const metrics = nodeMetrics(this.#usage, node, now);
      if (metrics === undefined) throw notFound({ group, resource }, name);
      return metrics;
    }
    const pod = this.#pods.get({ namespace, name });
    if (pod === undefined) throw notFound({ group: '', resource }, name);
    const metrics = podMetrics(this.#usage, pod, now);
    // The namespace in the name is metrics-server's.
    if (metrics === undefined) throw notFound({ group, resource }, `${namespace}/${name}`);
    return metrics;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const kindOf = (resource: 'pods' | 'nodes'): string => (resource === 'pods' ? 'PodMetrics' : 'NodeMetrics');

function parsePath(path: string): { resource: 'pods' | 'nodes'; namespace: string; name: string } {
  const rest = path.slice(`/apis/${group}/${version}/`.length).split('/');
  const [namespace, parts] = rest[0] === 'namespaces' && rest.length > 2 ? [rest[1] ?? '', rest.slice(2)] : ['', rest];
  const [resource, name = ''] = parts;
  const isKnown = resource === 'pods' ? name === '' || namespace !== '' : resource === 'nodes' && namespace === '';
  if (!isKnown || parts.length > 2) throw new ApiError('NotFound', 'the server could not find the requested resource');
  return { resource: resource as 'pods' | 'nodes', namespace, name };
}

function labelSelectorOf(query: URLSearchParams): Selector {
  const text = query.get('labelSelector') ?? '';
  try {
    return text === '' ? everything : parseLabelSelector(text);
  } catch (error) {
    throw badRequest(`unable to parse requirement: ${(error as Error).message}`);
  }
}

function fieldSelectorOf(query: URLSearchParams): FieldSelector {
  const text = query.get('fieldSelector') ?? '';
  let selector: FieldSelector;
  try {
    selector = text === '' ? [] : parseFieldSelector(text);
  } catch (error) {
    throw badRequest((error as Error).message);
  }
  for (const { field } of selector)
    if (field !== 'metadata.name' && field !== 'metadata.namespace')
      throw badRequest(`field label not supported: ${field}`);
  return selector;
}

/** kubectl get asks for a table, kubectl top for objects. */
const wantsTable = (accept = ''): boolean => /;\s*as=Table\b/.test(accept.split(',')[0] ?? '');

function tableOf(items: readonly (PodMetrics | NodeMetrics)[]): object {
  const column = (name: string, format: string) => ({ name, type: 'string', format, description: '', priority: 0 });
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: [
      column('Name', 'name'),
      column('cpu', 'quantity'),
      column('memory', 'quantity'),
      column('Window', 'duration'),
    ],
    rows: items.map((item) => ({
      cells: [item.metadata.name, total(item, 'cpu'), total(item, 'memory'), item.window],
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: item.metadata },
    })),
  };
}

function total(item: PodMetrics | NodeMetrics, resource: 'cpu' | 'memory'): string {
  if ('usage' in item) return item.usage[resource];
  const sum = item.containers.reduce(
    (all, { usage }) => addQuantity(all, parseQuantity(usage[resource])),
    zeroQuantity,
  );
  return formatQuantity(sum);
}

function answer(status: number, body: object): MetricsResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
