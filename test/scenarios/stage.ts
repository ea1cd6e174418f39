import { parseAllDocuments } from 'yaml';
import { isConditionTrue } from '../../src/api/conditions.ts';
import { controllerOf } from '../../src/api/owner-references.ts';
import type { KubernetesObject, Resource } from '../../src/api/resource.ts';
import * as resources from '../../src/api/resources.ts';
import type { Event, Pod } from '../../src/api/schema/core-v1.ts';
import { parseDuration } from '../../src/std/duration.ts';
import { plainImage, type ImageBehaviour } from '../../src/twin/image-behaviour.ts';
import { Twin } from '../../src/worlds/twin.ts';
import type { Step } from './script.ts';

type Options = Readonly<Record<string, string>>;
type Command = (twin: Twin, options: { words: readonly string[]; options: Options; input: string }) => Promise<string>;

/** Runs the steps of one scenario, in one twin. */
export class Stage implements AsyncDisposable {
  #twin: Twin | undefined;
  readonly #seen = new Set<string>();

  async run({ command, input }: Step): Promise<string> {
    const [name = '', ...rest] = command.split(/\s+/);
    const options: Record<string, string> = {};
    const words: string[] = [];
    for (const word of rest) {
      const equals = word.indexOf('=');
      if (equals < 0) words.push(word);
      else options[word.slice(0, equals)] = word.slice(equals + 1);
    }
    if (name === 'twin') return this.#open(options);
    if (this.#twin === undefined) throw new Error('a scenario begins with `twin`');
    if (name === 'events') return this.#events(this.#twin, words);
    const known = commands[name];
    if (known === undefined) throw new Error(`there is no command "${name}"`);
    return known(this.#twin, { words, options, input });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#twin?.[Symbol.asyncDispose]();
  }

  async #open({ seed = '1', nodes = '3', cpu = '8', memory = '32Gi', pods = '110' }: Options): Promise<string> {
    const names = Array.from({ length: Number(nodes) }, (_, index) => `n${index + 1}`);
    this.#twin = await Twin.open({ seed, nodes: names.map((name) => ({ name, capacity: { cpu, memory, pods } })) });
    return `${names.join(' ')} at ${elapsed(this.#twin)}`;
  }

  /** Those that were not shown yet, of one kind or of all, oldest first, with the names of pods cut to their owner's. */
  async #events(twin: Twin, [kind]: readonly string[]): Promise<string> {
    const { items } = await twin.world.client.list(resources.events);
    const fresh = items
      .filter(({ metadata, involvedObject }) => {
        const isNew = !this.#seen.has(`${metadata.uid} ${metadata.resourceVersion}`);
        return isNew && (kind === undefined || involvedObject.kind?.toLowerCase() === kind);
      })
      .toSorted(byVersion);
    for (const { metadata } of fresh) this.#seen.add(`${metadata.uid} ${metadata.resourceVersion}`);
    return counted(fresh.map((event) => eventText(twin, event))).join('\n');
  }
}

const byVersion = (a: Event, b: Event): number =>
  Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion);

function eventText(twin: Twin, { involvedObject, reason, message = '', lastTimestamp = '', count = 1 }: Event): string {
  const { kind = '', name = '' } = involvedObject;
  const subject = `${kind.toLowerCase()}/${kind === 'Pod' ? ownerName(name) : kind === 'ReplicaSet' ? ownerName(`${name}-x`) : name}`;
  const text = message
    .replaceAll(/\b([a-z][a-z0-9-]*)-[0-9a-z]{8,10}-[0-9a-z]{5}\b/g, '$1')
    .replaceAll(/\b([a-z][a-z0-9]*)-[0-9a-f]{8,10}\b/g, '$1');
  return `${elapsed(twin, Date.parse(lastTimestamp))} ${subject} ${reason}: ${text}${count > 1 ? ` (x${count})` : ''}`;
}

/** `web-7dcbfd9797-fm2s8` is one of `web`. */
const ownerName = (pod: string): string => pod.replace(/-[0-9a-z]+-[0-9a-z]+$/, '');

/** Equal neighbours once, with how many there are. */
function counted(lines: readonly string[]): readonly string[] {
  const result: { text: string; times: number }[] = [];
  for (const text of lines) {
    const last = result.at(-1);
    if (last?.text === text) last.times++;
    else result.push({ text, times: 1 });
  }
  return result.map(({ text, times }) => (times === 1 ? text : `${text} (${times} times)`));
}

/** Since the beginning: `1:02:03` or `02:03`. */
function elapsed(twin: Twin, atMs = twin.clock.now()): string {
  const seconds = Math.round((atMs - Date.parse('2026-01-01T00:00:00Z')) / 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}:` : ''}${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
}

function duration(text: string | undefined, what: string): number {
  const ms = text === undefined ? undefined : parseDuration(text);
  if (ms === undefined) throw new Error(`${what}: "${text}" is no duration`);
  return ms;
}

const byKind = new Map(
  Object.values(resources as unknown as Readonly<Record<string, Resource>>)
    .filter(({ kind, group }) => !(kind === 'Event' && group !== ''))
    .map((resource) => [resource.kind, resource]),
);

function resourceNamed(text: string): Resource {
  const found = [...byKind.values()].find(
    ({ singular, resource, shortNames }) => singular === text || resource === text || shortNames.includes(text),
  );
  if (found === undefined) throw new Error(`there is no resource "${text}"`);
  return found;
}

/** `deployment/web` → the resource and the key. */
function target(word = ''): { readonly resource: Resource; readonly namespace: string; readonly name: string } {
  const [kind = '', name = ''] = word.split('/');
  return { resource: resourceNamed(kind), namespace: 'default', name };
}

async function podsOf(twin: Twin): Promise<readonly Pod[]> {
  const { items } = await twin.world.client.list(resources.pods, { namespace: 'default' });
  return items.toSorted(
    (a, b) =>
      compare(ownerName(a.metadata.name), ownerName(b.metadata.name)) ||
      compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
      compare(a.spec.nodeName ?? '', b.spec.nodeName ?? '') ||
      compare(a.metadata.name, b.metadata.name),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function podText(twin: Twin, { metadata, spec, status }: Pod): string {
  const statuses = status.containerStatuses ?? [];
  const waiting = statuses.find(({ state }) => state.waiting !== undefined)?.state.waiting?.reason;
  const phase = metadata.deletionTimestamp !== undefined ? 'Terminating' : (waiting ?? status.phase ?? '');
  const restarts = statuses.reduce((sum, each) => sum + each.restartCount, 0);
  const image = spec.containers[0]?.image ?? '';
  return [
    controllerOf({ metadata }) === undefined ? metadata.name : ownerName(metadata.name),
    image,
    spec.nodeName ?? '<none>',
    phase,
    isConditionTrue(status.conditions, 'Ready') ? 'ready' : 'not ready',
    ...(restarts > 0 ? [`${restarts} restarts`] : []),
    `since ${elapsed(twin, Date.parse(metadata.creationTimestamp))}`,
  ].join(' ');
}

const commands: Readonly<Record<string, Command>> = {
  /** Says how containers of an image behave: `image web:v2 start=1s load=never exit=1@2s drain=1s`. */
  async image(twin, { words: [name = ''], options: { start, load, drain, exit } }) {
    const [code = '', after = ''] = exit?.split('@') ?? [];
    const behaviour: ImageBehaviour = {
      ...plainImage,
      ...(start === undefined ? {} : { startMs: duration(start, 'start') }),
      ...(load === undefined ? {} : { loadMs: load === 'never' ? Infinity : duration(load, 'load') }),
      ...(drain === undefined ? {} : { drainMs: duration(drain, 'drain') }),
      ...(exit === undefined ? {} : { exit: { afterMs: duration(after, 'exit'), code: Number(code) } }),
    };
    twin.setImage(name, behaviour);
    return 'ok';
  },

  /** Creates or patches the objects below. */
  async apply(twin, { input }) {
    const { client } = twin.world;
    const lines: string[] = [];
    for (const document of parseAllDocuments(input)) {
      const object = document.toJS() as KubernetesObject;
      const resource = byKind.get(object.kind ?? '');
      if (resource === undefined) throw new Error(`there is no kind "${object.kind}"`);
      const namespace = resource.namespaced ? (object.metadata.namespace ?? 'default') : '';
      const metadata = { ...object.metadata, ...(namespace === '' ? {} : { namespace }) };
      const key = { namespace, name: object.metadata.name };
      const exists = await client.get(resource, key).then(
        () => true,
        () => false,
      );
      const body = { ...object, metadata };
      if (exists)
        await client.patch(resource, key, { type: resource.group === 'slipway.dev' ? 'merge' : 'strategic', body });
      else await client.create(resource, body);
      lines.push(`${resource.singular}/${object.metadata.name} ${exists ? 'configured' : 'created'}`);
    }
    await twin.clock.settle();
    return lines.join('\n');
  },

  async scale(twin, { words: [word, replicas] }) {
    const { resource, namespace, name } = target(word);
    const body = { spec: { replicas: Number(replicas) } };
    await twin.world.client.patch(resource, { namespace, name }, { type: 'merge', body });
    await twin.clock.settle();
    return `${word} scaled`;
  },

  /** `set-image deployment/web web=web:v2` */
  async 'set-image'(twin, { words: [word], options }) {
    const { resource, namespace, name } = target(word);
    const containers = Object.entries(options).map(([container, image]) => ({ name: container, image }));
    const body = { spec: { template: { spec: { containers } } } };
    await twin.world.client.patch(resource, { namespace, name }, { type: 'strategic', body });
    await twin.clock.settle();
    return `${word} image updated`;
  },

  async delete(twin, { words: [word] }) {
    const { resource, namespace, name } = target(word);
    await twin.world.client.delete(resource, { namespace, name });
    await twin.clock.settle();
    return `${word} deleted`;
  },

  /** Kills the first container of the oldest pod of an owner. */
  async kill(twin, { words: [owner = ''] }) {
    const pod = (await podsOf(twin)).find(({ metadata }) => ownerName(metadata.name) === owner);
    if (pod === undefined) throw new Error(`no pod of ${owner}`);
    twin.killContainer(pod.metadata.uid, pod.spec.containers[0]?.name ?? '');
    await twin.clock.settle();
    return 'ok';
  },

  async cut(twin, { words: [node = ''] }) {
    await twin.cutNode(node);
    return 'ok';
  },

  async lose(twin, { words: [node = ''] }) {
    await twin.loseNode(node);
    return 'ok';
  },

  async recover(twin, { words: [node = ''] }) {
    await twin.recoverNode(node);
    await twin.clock.settle();
    return 'ok';
  },

  async advance(twin, { words: [text] }) {
    await twin.advance(duration(text, 'advance'));
    return elapsed(twin);
  },

  async pods(twin) {
    return counted((await podsOf(twin)).map((pod) => podText(twin, pod))).join('\n');
  },

  async nodes(twin) {
    const { items } = await twin.world.client.list(resources.nodes);
    return items
      .map(({ metadata, spec, status }) => {
        const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
        const taints = (spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
        return [metadata.name, `Ready=${ready}`, ...taints].join(' ');
      })
      .join('\n');
  },

  async rollout(twin, { words: [name = ''] }) {
    const { spec, status } = await twin.world.client.get(resources.deployments, { namespace: 'default', name });
    const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
    const { updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0, replicas = 0 } = status;
    return [
      `wanted ${spec.replicas}, there ${replicas}, updated ${updatedReplicas}, ready ${readyReplicas}, available ${availableReplicas}`,
      `Progressing=${progressing?.status} ${progressing?.reason}`,
    ].join('\n');
  },

  async inference(twin, { words: [name = ''] }) {
    const { status } = await twin.world.client.get(resources.inferences, { namespace: 'default', name });
    return `${status?.phase}, ${status?.readyReplicas ?? 0} of ${status?.replicas ?? 0} ready: ${status?.reason}`;
  },

  /** `traffic chat rate=8 prompt=100 output=100 stream=no`: from now on, so many requests a second. */
  async traffic(
    twin,
    { words: [model = ''], options: { rate = '0', prompt = '100', output = '100', stream = 'yes' } },
  ) {
    const request = { promptTokens: Number(prompt), outputTokens: Number(output), isStreamed: stream === 'yes' };
    twin.traffic.set(model, Number(rate), request);
    return `${rate} requests a second from ${elapsed(twin)}`;
  },

  /** `watch chat every=15s for=5m`: replicas over time, and what the clients saw between two lines. */
  async watch(twin, { words: [name = ''], options }) {
    const everyMs = duration(options['every'] ?? '15s', 'every');
    const endMs = twin.clock.now() + duration(options['for'], 'for');
    const lines = ['time   replicas ready  sent done failed away  p50 and p95 of the first token'];
    while (twin.clock.now() < endMs) {
      await twin.advance(everyMs);
      const { spec, status } = await twin.world.client.get(resources.deployments, { namespace: 'default', name });
      const { sent, completed, failed, turnedAway, firstTokenMs } = twin.traffic.takeReport(name);
      const quantile = (share: number): string => {
        const value = firstTokenMs[Math.max(0, Math.ceil(share * firstTokenMs.length) - 1)];
        return value === undefined ? '-' : `${Math.round(value)} ms`;
      };
      const columns = [
        elapsed(twin).padEnd(6),
        String(spec.replicas).padStart(8),
        String(status.readyReplicas ?? 0).padStart(5),
        String(sent).padStart(5),
        String(completed).padStart(4),
        String(failed).padStart(6),
        String(turnedAway).padStart(4),
      ];
      lines.push(`${columns.join(' ')}  ${quantile(0.5)}, ${quantile(0.95)}`);
    }
    return lines.join('\n');
  },

  async hash(twin) {
    return `${twin.events.count} events, ${twin.events.hash}`;
  },
};
