import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chooseDataDirectory } from '../host/data-directory.ts';
import { isAlive, readEngineRecord } from '../host/engine-record.ts';
import { CommandError, type Command } from './command.ts';
import { dataDirHelp, dataDirOption } from './running-engine.ts';

export const down: Command = {
  summary: 'stop the engine and everything it runs',
  help: `usage: slipway down [--data-dir DIR] [--timeout SECONDS]

Stops pods gracefully, then the engine. What was applied stays in the data directory: the next
"slipway up" brings it back. Nothing running is a success.

${dataDirHelp}
  --timeout N      seconds to wait before giving up (30)`,
  async run(args, terminal) {
    const { values } = parseArgs({
      args: [...args],
      options: { ...dataDirOption, timeout: { type: 'string', default: '30' } },
    });
    const timeoutSeconds = Number(values.timeout);
    if (!(timeoutSeconds > 0))
      throw new CommandError(`--timeout ${values.timeout} is no number of seconds`, 'try --timeout 30', {
        exitCode: 2,
      });
    const directory = chooseDataDirectory(values['data-dir'], process.env);
    const record = readEngineRecord(directory.record);
    if (record === undefined || !isAlive(record)) {
      terminal.err(`no engine runs with data in ${directory.root}`);
      return 0;
    }
    process.kill(record.pid, 'SIGTERM');
    const deadline = Date.now() + timeoutSeconds * 1000;
    while (isAlive(record)) {
      if (Date.now() > deadline) {
        throw new CommandError(
          `the engine (process ${record.pid}) has not stopped within ${timeoutSeconds} s`,
          `look at ${directory.log}, wait longer with --timeout, or end it with: kill -9 ${record.pid}`,
        );
      }
      await wait(50);
    }
    terminal.err('stopped');
    return 0;
  },
};
