import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectMeta, OwnerReference } from '../../api/schema/meta-v1.ts';
import { type OwnerState, type Plan, decide } from './decide.ts';

const reference = (uid: string): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'K',
  name: uid,
  uid,
  blockOwnerDeletion: true,
});

interface Case {
  readonly owners: readonly OwnerState[];
  readonly finalizers?: readonly string[];
  readonly hasDependents?: boolean;
  readonly hasWaitingDependent?: boolean;
  readonly expect: Partial<Plan>;
}

// Upstream: attemptToDeleteItem, case by case.
const cases: readonly Case[] = [
  { owners: [], expect: { action: 'keep', because: 'NoOwners' } },
  { owners: ['there'], expect: { action: 'keep', because: 'OwnerPresent' } },
  { owners: ['there', 'there'], expect: { action: 'keep' } },
  { owners: ['absent'], expect: { action: 'delete', policy: 'Background' } },
  { owners: ['absent', 'absent'], expect: { action: 'delete', policy: 'Background' } },
  { owners: ['absent', 'there'], expect: { action: 'setReferences', references: [reference('1')] } },
  { owners: ['waiting', 'there'], expect: { action: 'setReferences', references: [reference('1')] } },
  { owners: ['waiting'], expect: { action: 'delete', policy: 'Background' } },
  {
    owners: ['waiting'],
    hasDependents: true,
    expect: { action: 'delete', policy: 'Foreground', unblocked: undefined },
  },
  { owners: ['waiting', 'absent'], hasDependents: true, expect: { action: 'delete', policy: 'Foreground' } },
  { owners: ['absent'], hasDependents: true, expect: { action: 'delete', policy: 'Background' } },
  {
    owners: ['waiting'],
    hasDependents: true,
    hasWaitingDependent: true,
    expect: {
      action: 'delete',
      policy: 'Foreground',
      because: 'OwnerWaitsInCycle',
      unblocked: [{ ...reference('0'), blockOwnerDeletion: false }],
    },
  },
  { owners: ['absent'], finalizers: ['orphan'], expect: { action: 'delete', policy: 'Orphan' } },
  { owners: ['absent'], finalizers: ['foregroundDeletion'], expect: { action: 'delete', policy: 'Foreground' } },
  { owners: ['absent'], finalizers: ['example.com/x'], expect: { action: 'delete', policy: 'Background' } },
];
for (const { owners, finalizers, hasDependents = false, hasWaitingDependent = false, expect } of cases)
  test(`owners ${owners.join(', ') || 'none'}, ${JSON.stringify({ finalizers, hasDependents, hasWaitingDependent })}: ${expect.action}`, () => {
    const metadata: ObjectMeta = {
      name: 'x',
      uid: 'x',
      resourceVersion: '1',
      creationTimestamp: '',
      ownerReferences: owners.map((_, index) => reference(String(index))),
      ...(finalizers === undefined ? {} : { finalizers }),
    };
    const plan = decide({ metadata, stateOf: ({ uid }) => owners[Number(uid)]!, hasDependents, hasWaitingDependent });
    assert.deepEqual({ ...plan, ...expect }, plan);
  });
