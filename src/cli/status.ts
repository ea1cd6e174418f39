import { parseArgs } from 'node:util';
import { nodes as nodeResource, inferences, pods as podResource } from '../api/resources.ts';
import { isConditionTrue } from '../api/conditions.ts';
import { isPodReady } from '../api/core/v1/pod-readiness.ts';
import { podProcesses } from '../host/process-runtime/pod-processes.ts';
import type { Command } from './command.ts';
import { connect } from './connect.ts';
import { dataDirHelp, dataDirOption, runningEngine } from './running-engine.ts';
import { structured } from './structured.ts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

export const status: Command = {
  summary: 'what runs, where, and how it is',
  help: `usage: slipway status [-o json|yaml]

Models, pods and nodes of the running engine; with -o every endpoint and process id.

  -o, --output     json or yaml
${dataDirHelp}`,
  async run(args, terminal) {
    const { values } = parseArgs({
      args: [...args],
      options: { ...dataDirOption, output: { type: 'string', short: 'o' } },
    });
    const { directory, record } = runningEngine(values['data-dir']);
    const client = await connect(directory);
    const [models, pods, nodes] = await Promise.all([
      client.list(inferences),
      client.list(podResource),
      client.list(nodeResource),
    ]);
    const processes = new Map(podProcesses(directory.pods).map((each) => [each.uid, each]));
    const facts = {
      engine: { ...record, dataDir: directory.root, kubeconfig: directory.kubeconfig, log: directory.log },
      inferences: models.items.map(({ metadata, spec, status: now }) => ({
        namespace: metadata.namespace,
        name: metadata.name,
        model: spec.model,
        phase: now?.phase ?? 'Pending',
        reason: now?.reason ?? '',
        ready: now?.readyReplicas ?? 0,
        replicas: now?.replicas ?? 0,
        url: now?.url ?? '',
        coldStartMs: now?.coldStart?.totalMs,
      })),
      pods: pods.items.map((pod) => {
        const own = processes.get(pod.metadata.uid);
        return {
          namespace: pod.metadata.namespace,
          name: pod.metadata.name,
          node: pod.spec.nodeName ?? '',
          phase: pod.status.phase ?? 'Pending',
          ready: isPodReady(pod),
          ip: pod.status.podIP ?? '',
          shimPid: own?.shimPid,
          containers: own?.containers ?? [],
        };
      }),
      nodes: nodes.items.map(({ metadata, status: now }) => ({
        name: metadata.name,
        ready: isConditionTrue(now.conditions, 'Ready'),
        capacity: now.capacity,
      })),
    };
    terminal.out(values.output === undefined ? report(facts, terminal.paint) : await structured(facts, values.output));
    return 0;
  },
};

interface Facts {
  readonly engine: {
    readonly pid: number;
    readonly server: string;
    readonly gateway: string;
    readonly dataDir: string;
    readonly startedAt: string;
  };
  readonly inferences: readonly {
    readonly namespace?: string | undefined;
    readonly name: string;
    readonly model: string;
    readonly phase: string;
    readonly reason: string;
    readonly ready: number;
    readonly replicas: number;
    readonly coldStartMs?: number | undefined;
  }[];
  readonly pods: readonly {
    readonly namespace?: string | undefined;
    readonly name: string;
    readonly node: string;
    readonly phase: string;
    readonly ready: boolean;
    readonly ip: string;
    readonly containers: readonly { readonly pid?: number | undefined; readonly restarts: number }[];
  }[];
  readonly nodes: readonly { readonly name: string; readonly ready: boolean }[];
}

function report({ engine, inferences: models, pods, nodes }: Facts, paint: Paint): string {
  const phase = (text: string): string =>
    text === 'Ready' || text === 'Running'
      ? paint.green(text)
      : text === 'Failed'
        ? paint.red(text)
        : paint.yellow(text);
  const lines = [
    `engine    process ${engine.pid}, since ${engine.startedAt}, data in ${engine.dataDir}`,
    `gateway   ${paint.cyan(`${engine.gateway}/v1`)}`,
    `API       ${paint.cyan(engine.server)}`,
    `nodes     ${nodes.map(({ name, ready }) => `${name} ${phase(ready ? 'Ready' : 'NotReady')}`).join(', ')}`,
    '',
  ];
  if (models.length === 0) lines.push('no models: slipway apply -f examples/chat.yaml');
  else {
    const rows = models.map((each) => [
      each.name,
      phase(each.phase),
      `${each.ready}/${each.replicas}`,
      each.coldStartMs === undefined ? '' : `${(each.coldStartMs / 1000).toFixed(1)} s`,
      each.model,
      each.phase === 'Ready' ? '' : each.reason,
    ]);
    lines.push(table(['MODEL', 'PHASE', 'READY', 'COLD START', 'SOURCE', ''], rows));
  }
  if (pods.length > 0) {
    const rows = pods.map(({ namespace = '', name, phase: podPhase, ready, node, ip, containers }) => [
      namespace,
      name,
      phase(ready ? 'Ready' : podPhase),
      node,
      ip,
      containers.map(({ pid }) => pid ?? '-').join(','),
      String(containers.reduce((sum, { restarts }) => sum + restarts, 0)),
    ]);
    lines.push('', table(['NAMESPACE', 'POD', 'STATE', 'NODE', 'IP', 'PID', 'RESTARTS'], rows));
  }
  return lines.join('\n');
}
