import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { slipwayVersion } from '../host/version.ts';
import { structured } from './structured.ts';

export const version: Command = {
  summary: 'print the version',
  help: `usage: slipway version [-o json|yaml]

  -o, --output   json or yaml`,
  async run(args, terminal) {
    const { values } = parseArgs({ args: [...args], options: { output: { type: 'string', short: 'o' } } });
    const facts = {
      slipway: slipwayVersion,
      kubernetes: 'v1.36.3',
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    };
    if (values.output === undefined)
      terminal.out(`slipway ${facts.slipway} (Kubernetes ${facts.kubernetes}, Node ${facts.node}, ${facts.platform})`);
    else terminal.out(await structured(facts, values.output));
    return 0;
  },
};
