import { readFileSync } from 'node:fs';

/** This project's version, from package.json. */
export const slipwayVersion: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
