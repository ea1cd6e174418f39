import type { ContainerResources } from '../../node/container-runtime.ts';
import { readJsonFile, writeJsonFile } from './atomic-file.ts';
import type { CgroupScope } from './cgroup-scope.ts';
import type { PodFiles } from './pod-files.ts';

/** What a pod's folder says the pod is. The shim reads podUid, ip and shimCgroup. */
export interface SandboxRecord {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  /** Whose agent made it: several nodes may share the runtime. */
  readonly node: string;
  readonly ip: string;
  /** Of the pod's group now, resizes included. */
  readonly resources: ContainerResources;
  readonly containerResources: Readonly<Record<string, ContainerResources>>;
  readonly shimCgroup?: CgroupScope | undefined;
}

export function writeSandboxRecord({ sandbox }: PodFiles, record: SandboxRecord): void {
  writeJsonFile(sandbox, record);
}

/** undefined when there is none that could be believed. */
export function readSandboxRecord({ sandbox }: PodFiles): SandboxRecord | undefined {
  const value = readJsonFile(sandbox);
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Partial<SandboxRecord>;
  const texts = [record.podUid, record.namespace, record.name, record.node, record.ip];
  if (texts.some((text) => typeof text !== 'string' || text === '')) return undefined;
  return {
    ...(record as SandboxRecord),
    resources: record.resources ?? {},
    containerResources: record.containerResources ?? {},
  };
}

/** Pod uids become folder names, container names too: only what Kubernetes itself would make. */
export const isPodUid = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(text);
export const isContainerName = (text: string): boolean => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
