import type { KubernetesObject } from '../api/resource.ts';
import type { Request } from './controller.ts';
import type { Informer } from './informer.ts';
import { keyText } from './lister.ts';
import { compareResourceVersions } from './resource-version.ts';

/**
 * What a controller wrote for each of its keys and cannot see yet. Acting on a copy that lacks one's own
 * writes makes pods twice, so reconcile begins with `behind`. Kubernetes 1.36 does the same with
 * pkg/controller/util/consistency; here it also covers deletions, in place of timed expectations.
 */
export class OwnWrites {
  readonly #unseen = new Map<string, Map<object, Unseen>>();

  /** `written` is what the server answered to a create, update or patch, or to a delete that only began. */
  wrote<T extends KubernetesObject>(request: Request, informer: Informer<T>, written: T): void {
    const unseen = this.#for(request, informer as AnyInformer);
    const version = written.metadata.resourceVersion;
    if (unseen.version === undefined || compareResourceVersions(version, unseen.version) > 0) unseen.version = version;
  }

  /** `answer` is what the server answered to the delete of `object`. */
  deleted<T extends KubernetesObject>(request: Request, informer: Informer<T>, object: T, answer: T | undefined): void {
    if (answer !== undefined) return this.wrote(request, informer, answer);
    this.#for(request, informer as AnyInformer).gone.push(object);
  }

  /** Undefined when all own writes for this key are visible; else a promise that settles when some more are. */
  behind(request: Request): Promise<void> | undefined {
    const key = keyText(request);
    const record = this.#unseen.get(key);
    if (record === undefined) return undefined;
    for (const [identity, unseen] of record) {
      if (!isVisible(unseen)) return unseen.informer.until(() => isVisible(unseen));
      record.delete(identity);
    }
    this.#unseen.delete(key);
    return undefined;
  }

  /** The object behind the key is gone. */
  forget(request: Request): void {
    this.#unseen.delete(keyText(request));
  }

  #for(request: Request, informer: AnyInformer): Unseen {
    const key = keyText(request);
    const record = this.#unseen.get(key) ?? new Map<object, Unseen>();
    this.#unseen.set(key, record);
    const unseen = record.get(informer) ?? { informer, version: undefined, gone: [] };
    record.set(informer, unseen);
    return unseen;
  }
}

/** What is needed of an informer whose objects' type does not matter. */
type AnyInformer = Pick<Informer<KubernetesObject>, 'lister' | 'seen' | 'until'>;

interface Unseen {
  readonly informer: AnyInformer;
  version: string | undefined;
  readonly gone: KubernetesObject[];
}

function isVisible({ informer, version, gone }: Unseen): boolean {
  if (version !== undefined && !informer.seen(version)) return false;
  while (gone.length > 0) {
    const last = gone.at(-1)!.metadata;
    if (informer.lister.get(last)?.metadata.uid === last.uid) return false;
    gone.pop();
  }
  return true;
}
