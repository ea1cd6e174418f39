import { CommandError } from './command.ts';

/** `-o json` and `-o yaml`, alike in every command. */
export async function structured(value: unknown, format: string): Promise<string> {
  if (format === 'json') return JSON.stringify(value, undefined, 2);
  if (format === 'yaml') return (await import('yaml')).stringify(value).trimEnd();
  throw new CommandError(`unknown output format "${format}"`, 'use -o json or -o yaml', { exitCode: 2 });
}
