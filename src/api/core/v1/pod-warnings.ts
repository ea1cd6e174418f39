import { milliValue, parseQuantity } from '../../quantity.ts';
import { dns1123Label } from '../../names.ts';
import type {
  Affinity,
  Container,
  ContainerPort,
  EphemeralContainer,
  PodSpec,
  ResourceList,
} from '../../schema/core-v1.ts';
import { warningsOfVolumePaths } from './volume-path-warnings.ts';

/** What is allowed and yet unwise (upstream pkg/api/pod/warnings.go, its common part). `path` is '' for pods. */
export function warningsOfPodSpec(spec: PodSpec, path: string): readonly string[] {
  const at = path === '' ? 'spec' : `${path}.spec`;
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((key) => {
      const message = deprecatedLabels[key];
      return message === undefined ? [] : [`${at}.nodeSelector[${key}]: ${message}`];
    }),
    ...warningsOfAffinity(spec.affinity ?? {}, `${at}.affinity`),
    ...warningsOfSpread(spec, at),
    ...warningsOfVolumes(spec, at),
    ...warningsOfVolumePaths(spec.volumes ?? []),
    ...repeated(spec.hostAliases ?? [], 'ip', `${at}.hostAliases`),
    ...repeated(spec.imagePullSecrets ?? [], 'name', `${at}.imagePullSecrets`),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name = '' }, index) =>
      name === '' ? [`${at}.imagePullSecrets[${index}].name: invalid empty name ""`] : [],
    ),
    ...fractionalBytes(spec.overhead, `${at}.overhead`),
    ...containersWithPaths(spec, at).flatMap(([container, where]) => warningsOfContainer(container, where)),
    ...warningsOfPorts(containersWithPaths(spec, at)),
  ];
}

/** Names that will not do for the hosts named after them. */
export function warningsOfName(name: string, use: string): readonly string[] {
  const messages = dns1123Label(name);
  if (messages.length === 0) return [];
  return [
    `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${messages.join(' ')}]`,
  ];
}

const deprecatedLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

const noSelector = 'a null labelSelector results in matching no pod';
const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

function warningsOfAffinity({ nodeAffinity, ...affinity }: Affinity, path: string): readonly string[] {
  const terms = (nodeAffinity?.[required]?.nodeSelectorTerms ?? []).map(
    (term, index) => [term, `${path}.nodeAffinity.${required}.nodeSelectorTerms[${index}]`] as const,
  );
  const wishes = (nodeAffinity?.[preferred] ?? []).map(
    ({ preference }, index) => [preference, `${path}.nodeAffinity.${preferred}[${index}].preference`] as const,
  );
  const byNode = [...terms, ...wishes].flatMap(([{ matchExpressions = [] }, at]) =>
    matchExpressions.flatMap(({ key }, index) => {
      const message = deprecatedLabels[key];
      return message === undefined ? [] : [`${at}.matchExpressions[${index}].key: ${key} is ${message}`];
    }),
  );
  const byPod = (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => [
    ...(affinity[kind]?.[required] ?? []).flatMap(({ labelSelector }, index) =>
      labelSelector === undefined ? [`${path}.${kind}.${required}[${index}].labelSelector: ${noSelector}`] : [],
    ),
    ...(affinity[kind]?.[preferred] ?? []).flatMap(({ podAffinityTerm }, index) =>
      podAffinityTerm.labelSelector === undefined
        ? [`${path}.${kind}.${preferred}[${index}].podAffinityTerm.labelSelector: ${noSelector}`]
        : [],
    ),
  ]);
  return [...byNode, ...byPod];
}

function warningsOfSpread({ topologySpreadConstraints = [] }: PodSpec, path: string): readonly string[] {
  return topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, index) => {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    const message = deprecatedLabels[topologyKey];
    return [
      ...(message === undefined ? [] : [`${at}.topologyKey: ${topologyKey} is ${message}`]),
      ...(labelSelector === undefined ? [`${at}.labelSelector: ${noSelector}`] : []),
    ];
  });
}

const oldVolumes = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const;

function warningsOfVolumes({ volumes = [] }: PodSpec, path: string): readonly string[] {
  return volumes.flatMap((volume, index) =>
    (Object.keys(oldVolumes) as (keyof typeof oldVolumes)[]).flatMap((kind) => {
      const shown = kind === 'storageos' ? 'storageOS' : kind;
      return volume[kind] === undefined ? [] : [`${path}.volumes[${index}].${shown}: ${oldVolumes[kind]}`];
    }),
  );
}

function repeated<F extends string>(
  list: readonly { readonly [K in F]?: string | undefined }[],
  field: F,
  path: string,
): readonly string[] {
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const value = item[field] ?? '';
    if (seen.has(value)) return [`${path}[${index}].${field}: duplicate ${field} "${value}"`];
    seen.add(value);
    return [];
  });
}

type Placed = readonly [container: Container | EphemeralContainer, path: string];

function containersWithPaths(spec: PodSpec, path: string): readonly Placed[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index): Placed => [container, `${path}.${list}[${index}]`]),
  );
}

function fractionalBytes(list: ResourceList | undefined, path: string): readonly string[] {
  return ['memory', 'ephemeral-storage'].flatMap((name) => {
    const text = list?.[name];
    if (text === undefined || milliValue(parseQuantity(text)) % 1000n === 0n) return [];
    return [`${path}[${name}]: fractional byte value "${text}" is invalid, must be an integer`];
  });
}

function warningsOfContainer({ resources, env = [] }: Placed[0], path: string): readonly string[] {
  const seen = new Set<string>();
  const hidden = env.flatMap(({ name, value = '', valueFrom }, index) => {
    const reference = `$(${name})`;
    const isNew = !seen.has(name);
    seen.add(name);
    if (isNew || (valueFrom === undefined && value !== reference && value.includes(reference))) return [];
    return [`${path}.env[${index}]: hides previous definition of "${name}", which may be dropped when using apply`];
  });
  return [
    ...fractionalBytes(resources?.limits, `${path}.resources.limits`),
    ...fractionalBytes(resources?.requests, `${path}.resources.requests`),
    ...hidden,
  ];
}

interface PlacedPort {
  readonly port: ContainerPort;
  readonly path: string;
}

function warningsOfPorts(containers: readonly Placed[]): readonly string[] {
  const ports = containers.flatMap(([{ ports: list = [] }, path]) =>
    list.map((port, index): PlacedPort => ({ port, path: `${path}.ports[${index}]` })),
  );
  const byNumber = ports.flatMap((one, index) =>
    ports.slice(0, index).flatMap((other) => {
      const word = conflictOf(one.port, other.port);
      return word === undefined ? [] : [`${one.path}: ${word} port definition with ${other.path}`];
    }),
  );
  const byName = ports.flatMap(({ port: { name = '' }, path }, index) => {
    const first = ports.slice(0, index).find(({ port }) => port.name === name);
    if (name === '' || first === undefined) return [];
    return [
      `${path}: duplicate port name "${name}" with ${first.path}, services and probes that select ports by name will use ${first.path}`,
    ];
  });
  const withoutPort = ports.flatMap(({ port, path }) => {
    const { name = '', hostIP = '', hostPort = 0, containerPort, protocol } = port;
    if (hostIP === '' || hostPort !== 0) return [];
    // A Go struct, printed.
    const shown = `{Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
    return [`${path}: hostIP set without hostPort: ${shown}`];
  });
  return [...withoutPort, ...byNumber, ...byName];
}

function conflictOf(a: ContainerPort, b: ContainerPort): string | undefined {
  if (a.containerPort !== b.containerPort || a.protocol !== b.protocol) return undefined;
  const [aIP, bIP] = [a.hostIP ?? '', b.hostIP ?? ''];
  const [aPort, bPort] = [a.hostPort ?? 0, b.hostPort ?? 0];
  if (aIP === bIP && aPort === bPort) return 'duplicate';
  if (aPort === 0 || bPort === 0) return 'overlapping';
  return aPort === bPort && (aIP === '') !== (bIP === '') ? 'dangerously ambiguous' : undefined;
}
