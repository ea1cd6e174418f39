/*
 * Has a real Kubernetes 1.36.3 tell controller-story.ts and writes it where the controllers' test reads it. Run by hand,
 * on an empty cluster with controllers and nodes on which pods are ready at once:
 *
 *   up DIR --nodes kwok:3
 *   tools/node/run test/real-cluster/record-story.ts DIR/kubeconfig
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { HttpClient } from '../../src/host/http-client.ts';
import { readKubeconfig } from '../../src/host/kubeconfig.ts';
import { tellStory } from './controller-story.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: record-story.ts KUBECONFIG');
const client = new HttpClient(readKubeconfig(path));

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds()) {
      // Events are written in the background.
      await wait(1500);
      return;
    }
    await wait(200);
  }
  throw new Error(`${what}: it never came`);
}

const lines = await tellStory({ client, until });
writeFileSync(new URL('../../src/controllers/testdata/story.txt', import.meta.url), `${lines.join('\n')}\n`);
console.log(`${lines.length} lines recorded`);
client.close();
