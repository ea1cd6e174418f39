import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selectorOf } from '../api/label-selector.ts';
import { controllerOf } from '../api/owner-references.ts';
import type { KubernetesObject } from '../api/resource.ts';
import { pods, replicaSets } from '../api/resources.ts';
import type { ReplicaSet } from '../api/schema/apps-v1.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { claim, decideClaim } from './adoption.ts';

const selector = selectorOf({ matchLabels: { app: 'web' } });
const metadataOf = (traits: Partial<KubernetesObject['metadata']>): KubernetesObject => ({
  metadata: { name: 'x', namespace: 'n', uid: 'x', resourceVersion: '1', creationTimestamp: '', ...traits },
});

interface Case {
  readonly controller?: string;
  readonly app?: string;
  readonly isDeleting?: boolean;
  readonly isOwnerDeleting?: boolean;
  readonly namespace?: string;
  readonly expect: string;
}

// Upstream: TestClaimPods.
const cases: readonly Case[] = [
  { controller: 'me', app: 'web', expect: 'keep' },
  { controller: 'me', app: 'web', isDeleting: true, expect: 'keep' },
  { controller: 'me', app: 'web', isOwnerDeleting: true, expect: 'keep' },
  { controller: 'me', app: 'other', expect: 'release' },
  { controller: 'me', app: 'other', isOwnerDeleting: true, expect: 'ignore' },
  { controller: 'other', app: 'web', expect: 'ignore' },
  { app: 'web', expect: 'adopt' },
  { app: 'other', expect: 'ignore' },
  { app: 'web', isDeleting: true, expect: 'ignore' },
  { app: 'web', isOwnerDeleting: true, expect: 'ignore' },
  { app: 'web', namespace: 'elsewhere', expect: 'ignore' },
];
for (const { controller, app = 'web', isDeleting, isOwnerDeleting, namespace = 'n', expect } of cases)
  test(`an object of ${controller ?? 'nobody'} with app=${app}${isDeleting === true ? ', being deleted' : ''}${isOwnerDeleting === true ? ', owner being deleted' : ''}${namespace === 'n' ? '' : ', in another namespace'}: ${expect}`, () => {
    const deletion = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    const owner = metadataOf({ uid: 'me', ...(isOwnerDeleting === true ? deletion : {}) });
    const object = metadataOf({
      namespace,
      labels: { app },
      ...(isDeleting === true ? deletion : {}),
      ...(controller === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'o', uid: controller, controller: true }] }),
    });
    assert.equal(decideClaim(owner, selector, object), expect);
  });

async function opened(): Promise<{ sandbox: Sandbox; owner: ReplicaSet; pod: Pod }> {
  const sandbox = await Sandbox.open();
  const { client } = sandbox.world;
  const labels = { app: 'web' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const owner = await client.create(replicaSets, {
    metadata: { namespace: 'default', name: 'web' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  });
  const pod = await client.create(pods, { metadata: { namespace: 'default', name: 'p', labels }, spec: template.spec });
  return { sandbox, owner, pod };
}

const claiming = (sandbox: Sandbox, owner: ReplicaSet, candidates: readonly Pod[], written: Pod[] = []) => ({
  client: sandbox.world.client,
  ownerResource: replicaSets,
  owner,
  selector,
  resource: pods,
  candidates,
  onWrite: (pod: Pod) => void written.push(pod),
});

test('an orphan is adopted by its uid, and released when it no longer matches', async () => {
  const { sandbox, owner, pod } = await opened();
  const written: Pod[] = [];
  const [adopted] = await claim(claiming(sandbox, owner, [pod], written));
  assert.equal(controllerOf(adopted!)?.uid, owner.metadata.uid);
  const strayed = await sandbox.world.client.patch(pods, pod.metadata, {
    type: 'merge',
    body: { metadata: { labels: { app: 'x' } } },
  });
  assert.deepEqual(await claim(claiming(sandbox, owner, [strayed], written)), []);
  assert.equal((await sandbox.world.client.get(pods, pod.metadata)).metadata.ownerReferences, undefined);
  assert.equal(written.length, 2);
});

test('an owner that is gone or being deleted by now adopts nothing', async () => {
  const { sandbox, owner, pod } = await opened();
  const { client } = sandbox.world;
  await client.delete(replicaSets, owner.metadata, { propagationPolicy: 'Foreground' });
  await assert.rejects(claim(claiming(sandbox, owner, [pod])), /has just been deleted/);
  await assert.rejects(
    claim(claiming(sandbox, { ...owner, metadata: { ...owner.metadata, uid: 'earlier' } }, [pod])),
    /is gone: got uid/,
  );
  assert.equal((await client.get(pods, pod.metadata)).metadata.ownerReferences, undefined);
});

test('a namesake of an orphan is not adopted in its place, and one that is gone is passed over', async () => {
  const { sandbox, owner, pod } = await opened();
  const { client } = sandbox.world;
  await client.delete(pods, pod.metadata);
  assert.deepEqual(await claim(claiming(sandbox, owner, [pod])), []);
  await client.create(pods, {
    metadata: { namespace: 'default', name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  // A patch that names another uid tries to change it, to the API server.
  await assert.rejects(claim(claiming(sandbox, owner, [pod])), { reason: 'Invalid' });
  assert.equal((await client.get(pods, pod.metadata)).metadata.ownerReferences, undefined);
});
