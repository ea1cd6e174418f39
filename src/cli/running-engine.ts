import { chooseDataDirectory, type DataDirectory } from '../host/data-directory.ts';
import { isAlive, readEngineRecord, type EngineRecord } from '../host/engine-record.ts';
import { CommandError } from './command.ts';

export interface RunningEngine {
  readonly directory: DataDirectory;
  readonly record: EngineRecord;
}

/** The engine of this data directory, or an error that says how to start one. */
export function runningEngine(dataDir: string | undefined): RunningEngine {
  const directory = chooseDataDirectory(dataDir, process.env);
  const record = readEngineRecord(directory.record);
  if (record !== undefined && isAlive(record)) return { directory, record };
  const where = dataDir === undefined ? '' : ` --data-dir ${dataDir}`;
  throw new CommandError(
    `no engine runs with data in ${directory.root}`,
    `start one: slipway up${where}   (or name another folder with --data-dir)`,
  );
}

/** The option that every command about a running engine has. */
export const dataDirOption = { 'data-dir': { type: 'string' } } as const;
export const dataDirHelp = '  --data-dir DIR   the engine that keeps its data there ($XDG_STATE_HOME/slipway)';
