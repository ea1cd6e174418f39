import apiextensionsV1 from './apiextensions-v1.json' with { type: 'json' };
import appsV1 from './apps-v1.json' with { type: 'json' };
import autoscalingV1 from './autoscaling-v1.json' with { type: 'json' };
import autoscalingV2 from './autoscaling-v2.json' with { type: 'json' };
import coordinationV1 from './coordination-v1.json' with { type: 'json' };
import coreV1 from './core-v1.json' with { type: 'json' };
import discoveryV1 from './discovery-v1.json' with { type: 'json' };
import eventsV1 from './events-v1.json' with { type: 'json' };
import metaV1 from './meta-v1.json' with { type: 'json' };
import policyV1 from './policy-v1.json' with { type: 'json' };

/** A field as tools/schema writes it. What is absent is false, empty or none. */
export interface FieldRow {
  readonly name?: string;
  readonly inline?: boolean;
  readonly type: string;
  /** Protobuf field number; 0 when the field is not in protobuf. */
  readonly number?: number;
  readonly omitempty?: boolean;
  readonly omitzero?: boolean;
  readonly patchStrategy?: string;
  readonly mergeKey?: string;
  readonly listType?: string;
  readonly mapKeys?: readonly string[];
  readonly mapType?: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  /** Go's name of the type, where it is not told by `type`. */
  readonly go?: string;
}

/** One group-version's file. */
export interface Table {
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly string[];
  /** Prefix of the OpenAPI names, `io.k8s.api.core.v1`. */
  readonly model: string;
  /** Structs that server-side apply takes as one value. */
  readonly atomic: readonly string[];
  readonly structs: Readonly<Record<string, readonly FieldRow[]>>;
}

export const tables: readonly Table[] = [
  coreV1,
  appsV1,
  autoscalingV1,
  autoscalingV2,
  policyV1,
  discoveryV1,
  coordinationV1,
  eventsV1,
  apiextensionsV1,
  metaV1,
] as unknown as readonly Table[];
