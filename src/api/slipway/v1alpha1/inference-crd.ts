import type { CustomResourceDefinition, JSONSchemaProps } from '../../schema/apiextensions-v1.ts';
import type { Draft } from '../../schema/draft.ts';

/** Durations as `10m`, `1m30s`, `500ms`: what std/duration reads. */
const duration = '^([0-9]{1,9}(ms|s|m|h))+$';
/** A quantity without exponent. */
const quantity = '^[0-9]{1,18}(\\.[0-9]{1,9})?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$';
const model = '^(file:///|hf://[A-Za-z0-9][A-Za-z0-9._-]*/|https?://|builtin://|sim://)[^\\s]+$';
const label = '^[A-Za-z0-9]([A-Za-z0-9._/:-]*[A-Za-z0-9])?$';

const string = (rules: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'string', ...rules });
const integer = (minimum: number, maximum: number, value: number): JSONSchemaProps => ({
  type: 'integer',
  format: 'int32',
  minimum,
  maximum,
  default: value,
});
/** An object that is there, with its fields' defaults, even when nothing of it is written. */
const filled = (properties: Readonly<Record<string, JSONSchemaProps>>): JSONSchemaProps => ({
  type: 'object',
  properties,
  default: {},
});
const count: JSONSchemaProps = { type: 'integer', format: 'int32', minimum: 0 };
const milliseconds: JSONSchemaProps = { type: 'integer', format: 'int64', minimum: 0 };

const keySelector: JSONSchemaProps = {
  type: 'object',
  required: ['key'],
  properties: { name: string({ default: '' }), key: string(), optional: { type: 'boolean' } },
};

const env: JSONSchemaProps = {
  type: 'array',
  maxItems: 256,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: {
    type: 'object',
    required: ['name'],
    properties: {
      name: string({ minLength: 1, pattern: '^[\\x20-\\x3C\\x3E-\\x7E]+$' }),
      value: string(),
      valueFrom: {
        type: 'object',
        properties: {
          fieldRef: {
            type: 'object',
            required: ['fieldPath'],
            properties: { apiVersion: string(), fieldPath: string() },
          },
          resourceFieldRef: {
            type: 'object',
            required: ['resource'],
            properties: { containerName: string(), divisor: string({ pattern: quantity }), resource: string() },
          },
          configMapKeyRef: keySelector,
          secretKeyRef: keySelector,
        },
      },
    },
  },
};

const spec: JSONSchemaProps = {
  type: 'object',
  required: ['model'],
  properties: {
    model: string({
      maxLength: 2048,
      pattern: model,
      description: 'What to serve: file:///PATH, hf://OWNER/REPO/FILE.gguf, https://… or builtin://NAME.',
    }),
    modelName: string({
      maxLength: 253,
      pattern: label,
      description: 'The name that clients send as "model"; metadata.name unless told.',
    }),
    runtime: string({
      enum: ['auto', 'llm', 'embed', 'sim'],
      default: 'auto',
      description: 'The model server; auto chooses by the model.',
    }),
    resources: {
      type: 'object',
      description: 'CPU and memory of one replica.',
      properties: { cpu: string({ pattern: quantity }), memory: string({ pattern: quantity }) },
    },
    replicas: {
      ...filled({ min: integer(1, 1000, 1), max: integer(1, 1000, 3) }),
      description: 'How many replicas the autoscaler may run. Zero replicas are a matter of idle.',
    },
    target: {
      ...filled({ concurrency: integer(1, 100_000, 4) }),
      description: 'Requests in flight a replica that the autoscaler aims at.',
    },
    idle: {
      ...filled({
        after: string({ pattern: duration, default: '10m' }),
        action: string({ enum: ['none', 'zero'], default: 'none' }),
      }),
      description: 'What happens after that long without a request; zero stops all replicas until the next one.',
    },
    cold: {
      ...filled({ hold: string({ pattern: duration, default: '2m' }), maxHeld: integer(0, 100_000, 100) }),
      description: 'How long, and how many, requests are held while nothing is ready.',
    },
    drain: string({
      pattern: duration,
      default: '60s',
      description: 'How long a terminating replica may finish its requests.',
    }),
    args: {
      type: 'array',
      maxItems: 256,
      items: string({ maxLength: 8192 }),
      'x-kubernetes-list-type': 'atomic',
      description: 'More arguments of the model server.',
    },
    env: { ...env, description: 'Environment of the model server.' },
  },
};

const conditions: JSONSchemaProps = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: {
    type: 'object',
    required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
    properties: {
      type: string({ maxLength: 316 }),
      status: string({ enum: ['True', 'False', 'Unknown'] }),
      observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
      lastTransitionTime: string({ format: 'date-time' }),
      reason: string({ minLength: 1, maxLength: 1024 }),
      message: string({ maxLength: 32_768 }),
    },
  },
};

const status: JSONSchemaProps = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    phase: string({ enum: ['Pending', 'Downloading', 'Loading', 'Ready', 'Idle', 'Failed'] }),
    reason: string({ description: 'One sentence a person can act on.' }),
    url: string({ description: 'The OpenAI base URL.' }),
    replicas: count,
    readyReplicas: count,
    selector: string(),
    coldStart: {
      type: 'object',
      description: "The latest replica's way to Ready, in milliseconds.",
      required: ['totalMs', 'phases'],
      properties: {
        totalMs: milliseconds,
        phases: {
          type: 'object',
          properties: {
            scheduleMs: milliseconds,
            startMs: milliseconds,
            downloadMs: milliseconds,
            loadMs: milliseconds,
          },
        },
      },
    },
    conditions,
  },
};

/**
 * The manifest under which Inference is served, here and on any cluster.
 * `kubectl scale` moves the floor, `.spec.replicas.min`: the one number there that a person may set
 * and that the operator honours at once; the autoscaler stays free to go above it, and zero is
 * refused, because only `idle` may stop everything. That max is not below min is the operator's
 * to check: a schema cannot say it.
 */
export const inferenceCustomResourceDefinition: Draft<CustomResourceDefinition> = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'inferences.slipway.dev' },
  spec: {
    group: 'slipway.dev',
    scope: 'Namespaced',
    names: {
      plural: 'inferences',
      singular: 'inference',
      kind: 'Inference',
      listKind: 'InferenceList',
      shortNames: ['inf'],
      categories: ['all'],
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas.min',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
          { name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas' },
          { name: 'URL', type: 'string', jsonPath: '.status.url' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          { name: 'Model', type: 'string', jsonPath: '.spec.model', priority: 1 },
          { name: 'Reason', type: 'string', jsonPath: '.status.reason', priority: 1 },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'A model that is served.',
            required: ['spec'],
            properties: { apiVersion: string(), kind: string(), metadata: { type: 'object' }, spec, status },
          },
        },
      },
    ],
  },
};
