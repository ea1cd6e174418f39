import type { Deployment } from '../../api/schema/apps-v1.ts';
import type { PodTemplateSpec } from '../../api/schema/core-v1.ts';
import { canonicalJson } from '../../std/canonical-json.ts';
import { isEqual } from '../../std/is-equal.ts';

export const podTemplateHashLabel = 'pod-template-hash';

/** Letters and digits that spell no words (apimachinery pkg/util/rand). */
const safeLetters = 'bcdfghjklmnpqrstvwxz2456789';
const nameLengthMax = 253;

/**
 * A short name for a pod template, the same for equal templates at all times. Upstream hashes a dump of Go structs,
 * which cannot be had elsewhere, so the words differ from those of a real cluster; their form is the same.
 */
export function templateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  const text = canonicalJson(template) + (collisionCount === undefined ? '' : `#${collisionCount}`);
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  // Each decimal digit by its character code, as upstream.
  const letters = Array.from(String(hash >>> 0), (digit) => safeLetters[digit.charCodeAt(0) % safeLetters.length]);
  return letters.join('');
}

/** `deployment-hash`, cut at the Deployment's end if it must be. */
export function replicaSetName(deployment: Deployment, hash: string): string {
  return `${deployment.metadata.name.slice(0, nameLengthMax - 1 - hash.length)}-${hash}`;
}

/** Whether two templates make the same pods: the hash label is the only thing in which they may differ. */
export function isSameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return isEqual(withoutHash(a), withoutHash(b));
}

function withoutHash({ metadata, spec }: PodTemplateSpec): PodTemplateSpec {
  const { [podTemplateHashLabel]: _, ...labels } = metadata.labels ?? {};
  const { labels: __, ...rest } = metadata;
  return { spec, metadata: Object.keys(labels).length === 0 ? rest : { ...rest, labels } };
}
