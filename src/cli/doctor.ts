import { parseArgs } from 'node:util';
import { chooseDataDirectory } from '../host/data-directory.ts';
import { isAlive, readEngineRecord } from '../host/engine-record.ts';
import {
  checkCgroups,
  checkDisk,
  checkNode,
  checkPlatform,
  checkPort,
  checkProgram,
  type Finding,
} from '../host/machine-checks.ts';
import type { Command } from './command.ts';
import { onPath } from './kubectl.ts';
import { dataDirHelp, dataDirOption } from './running-engine.ts';
import { structured } from './structured.ts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

export const doctor: Command = {
  summary: 'check what this machine can do',
  help: `usage: slipway doctor [-o json|yaml] [--port P]

Checks each prerequisite and capability: pass, degraded (it works, with less) or fail, and what to do.
Exit code 1 when something failed.

  --port P         the gateway's port to check (8080)
  -o, --output     json or yaml
${dataDirHelp}`,
  async run(args, terminal) {
    const { values } = parseArgs({
      args: [...args],
      options: { ...dataDirOption, output: { type: 'string', short: 'o' }, port: { type: 'string', default: '8080' } },
    });
    const directory = chooseDataDirectory(values['data-dir'], process.env);
    const record = readEngineRecord(directory.record);
    const port = Number(values.port);
    const isOurs = record !== undefined && isAlive(record) && record.gateway.endsWith(`:${port}`);
    const findings: Finding[] = [
      checkNode(process.version),
      checkPlatform(process.platform, process.arch),
      checkCgroups(),
      checkProgram('bwrap', onPath('bwrap'), 'pods cannot be put into a sandbox', 'apt-get install bubblewrap'),
      checkProgram(
        'containerd',
        onPath('containerd'),
        'pods run as processes, not from container images',
        'apt-get install containerd runc',
      ),
      checkProgram(
        'kubectl',
        onPath('kubectl'),
        '"slipway kubectl" needs it',
        'https://kubernetes.io/docs/tasks/tools',
      ),
      await checkPort(port, isOurs),
      checkDisk(directory.root, () => performance.now()),
    ];
    if (values.output !== undefined) terminal.out(await structured(findings, values.output));
    else terminal.out(report(findings, terminal.paint));
    return findings.some(({ verdict }) => verdict === 'fail') ? 1 : 0;
  },
};

function report(findings: readonly Finding[], paint: Paint): string {
  const colour = { pass: paint.green, degraded: paint.yellow, fail: paint.red };
  const rows = findings.map(({ name, verdict, detail }) => [colour[verdict](verdict), name, detail]);
  const todo = findings.filter(({ next }) => next !== undefined).map(({ name, next }) => `  ${name}: ${next}`);
  return [table(['', 'CHECK', 'FOUND'], rows), ...(todo.length === 0 ? [] : ['', 'what to do:', ...todo])].join('\n');
}
