import { canonicalQuantity } from '../quantity.ts';
import { canonicalBase64 } from './base64-text.ts';
import { DecodeError, pathText, typeMismatch } from './decode-error.ts';
import { copyJson, isJsonObject, setKey } from './json-value.ts';
import { type Field, type Struct, structNamed, type Type } from './struct.ts';
import { canonicalMicroTime, canonicalTime } from './time-text.ts';
import { zeroOf, zeroOfType, zeroStruct } from './zero.ts';

/*
 * Strict decoding: what Go's json.Unmarshal into the struct, then json.Marshal makes of a value.
 * Fields in struct order, map keys sorted, empty values left out where Go leaves them out and
 * written where Go writes them.
 *
 * One difference, so that readers never meet null: where Go writes null for a missing list or map
 * without omitempty, `[]` or `{}` is written; where it does for a missing pointer, time or raw JSON,
 * nothing is.
 *
 * Members that are undefined are absent: drafts of our own code have them.
 *
 * What already is in canonical form is returned as it is, not copied: this stands on the write path.
 */
export interface DecodeOptions {
  /** The result shares nothing with the input, so that it may be changed in place. */
  readonly copy?: boolean;
}

export interface Decoded<T = Record<string, unknown>> {
  readonly object: T;
  /** Kubernetes' words, `unknown field "spec.foo"`, in the order of the input. At most 100. */
  readonly unknownFields: readonly string[];
}

/** Throws DecodeError with Go's message when the value does not fit. */
export function decode<T = Record<string, unknown>>(
  struct: Struct,
  value: unknown,
  options: DecodeOptions = {},
): Decoded<T> {
  const decoder = new Decoder(struct, options.copy === true);
  return { object: decoder.root(value) as T, unknownFields: decoder.unknownFields };
}

const maxProblems = 100;

/** Decoded fields by their index, one array a level of nesting, kept between calls. */
const slotsByDepth: unknown[][] = [];

function slotsAt(depth: number): unknown[] {
  return (slotsByDepth[depth] ??= Array.from({ length: 64 }, () => undefined));
}

function clear(slots: unknown[], count: number): void {
  for (let index = 0; index < count; index++) slots[index] = undefined;
}

class Decoder {
  readonly unknownFields: string[] = [];
  readonly #path: (string | number)[] = [];
  readonly #root: Struct;
  readonly #copy: boolean;
  #depth = 0;
  /** Above 0 inside types that Go decodes by themselves, where unknown fields go unnoticed. */
  #silence = 0;

  constructor(root: Struct, copy: boolean) {
    this.#root = root;
    this.#copy = copy;
  }

  root(value: unknown): unknown {
    if (value === null || value === undefined) return zeroStruct(this.#root);
    try {
      return this.#struct(this.#root, value);
    } catch (error) {
      slotsByDepth.length = 0;
      throw error;
    }
  }

  #struct(struct: Struct, value: unknown): unknown {
    if (!isJsonObject(value)) throw this.#mismatch(value);
    const { fields, byName } = struct;
    const slots = slotsAt(this.#depth++);
    const path = this.#path;
    let isCanonical = !this.#copy;
    let last = -1;
    let written = 0;
    for (const key in value) {
      const given: unknown = value[key];
      const field = byName.get(key);
      if (field === undefined || given === undefined) {
        isCanonical = false;
        if (given !== undefined) this.#unknown(key);
        continue;
      }
      path.push(key);
      const decoded = given === null ? zeroOf(field) : this.#field(field, given);
      path.pop();
      if (decoded !== given || field.index < last) isCanonical = false;
      last = field.index;
      slots[last] = decoded;
      if (field.isAlwaysWritten) written++;
    }
    this.#depth--;
    if (isCanonical && written === struct.alwaysWritten) {
      clear(slots, fields.length);
      return value;
    }
    const out: Record<string, unknown> = {};
    for (let index = 0; index < fields.length; index++) {
      const decoded = slots[index];
      const field = fields[index]!;
      if (decoded !== undefined) out[field.name] = decoded;
      else if (field.isAlwaysWritten) out[field.name] = zeroOf(field);
    }
    clear(slots, fields.length);
    return out;
  }

  /** undefined: left out. */
  #field(field: Field, value: unknown): unknown {
    const decoded = this.#value(field.type, value);
    return field.omitEmpty && !field.isPointer && isEmpty(decoded) ? undefined : decoded;
  }

  /** `value` is not null. undefined: nothing was there. */
  #value(type: Type, value: unknown): unknown {
    switch (type.kind) {
      case 'string':
        if (typeof value !== 'string') throw this.#mismatch(value);
        return value;
      case 'bool':
        if (typeof value !== 'boolean') throw this.#mismatch(value);
        return value;
      case 'int32':
        return this.#integer(value, 2 ** 31);
      case 'int64':
        return this.#integer(value, 2 ** 63);
      case 'float64':
        if (typeof value !== 'number') throw this.#mismatch(value);
        return value;
      case 'struct':
        return this.#struct(type.struct, value);
      case 'list':
        return this.#list(type.element, value);
      case 'map':
        return this.#map(type.element, value);
      case 'bytes':
        if (typeof value !== 'string') throw this.#mismatch(value);
        return worded(canonicalBase64, value);
      case 'Time':
        if (typeof value !== 'string') throw this.#mismatch(value, 'string');
        return worded(canonicalTime, value);
      case 'MicroTime':
        if (typeof value !== 'string') throw this.#mismatch(value, 'string');
        return worded(canonicalMicroTime, value);
      case 'Quantity':
        return worded(rememberedQuantity, typeof value === 'string' ? value : JSON.stringify(value));
      case 'IntOrString':
        return typeof value === 'string' ? value : this.#integer(value, 2 ** 31, 'int32');
      case 'RawExtension':
      case 'FieldsV1':
      case 'JSON':
      case 'any':
        return this.#copy ? copyJson(value) : value;
      case 'JSONSchemaPropsOrBool':
        if (typeof value === 'boolean') return value;
        if (!isJsonObject(value)) throw new DecodeError('boolean or JSON schema expected');
        return this.#silently(schemaType(), value);
      case 'JSONSchemaPropsOrArray':
        if (Array.isArray(value))
          return this.#silently({ kind: 'list', element: schemaType(), elementIsPointer: false }, value);
        return isJsonObject(value) ? this.#silently(schemaType(), value) : undefined;
      case 'JSONSchemaPropsOrStringArray':
        if (Array.isArray(value))
          return this.#silently({ kind: 'list', element: { kind: 'string' }, elementIsPointer: false }, value);
        return isJsonObject(value) ? this.#silently(schemaType(), value) : [];
    }
  }

  #integer(value: unknown, limit: number, wanted?: string): number {
    if (typeof value !== 'number') throw this.#mismatch(value, wanted);
    if (!Number.isInteger(value) || value >= limit || value < -limit)
      throw new DecodeError(
        typeMismatch(this.#root, this.#path, value, wanted).message.replace(
          'unmarshal number',
          `unmarshal number ${value}`,
        ),
      );
    return value;
  }

  #list(element: Type, value: unknown): unknown {
    if (!Array.isArray(value)) throw this.#mismatch(value);
    const path = this.#path;
    let out: unknown[] | undefined = this.#copy ? [] : undefined;
    for (let index = 0; index < value.length; index++) {
      const given: unknown = value[index];
      path.push(index);
      const decoded = given === null ? zeroOfType(element) : this.#value(element, given);
      path.pop();
      if (out === undefined && decoded !== given) out = value.slice(0, index);
      out?.push(decoded === undefined ? null : decoded);
    }
    return out ?? value;
  }

  #map(element: Type, value: unknown): unknown {
    if (!isJsonObject(value)) throw this.#mismatch(value);
    const path = this.#path;
    let isCanonical = !this.#copy;
    let isSorted = true;
    let last = '';
    const entries: [string, unknown][] = [];
    for (const key in value) {
      const given: unknown = value[key];
      if (given === undefined) {
        isCanonical = false;
        continue;
      }
      path.push(key);
      const decoded = given === null ? zeroOfType(element) : this.#value(element, given);
      path.pop();
      if (decoded !== given) isCanonical = false;
      if (key < last) isSorted = false;
      last = key;
      if (decoded !== undefined) entries.push([key, decoded]);
    }
    if (isCanonical && isSorted) return value;
    if (!isSorted) entries.sort(([a], [b]) => (a < b ? -1 : 1));
    const out: Record<string, unknown> = {};
    for (const [key, decoded] of entries) setKey(out, key, decoded);
    return out;
  }

  #silently(type: Type, value: unknown): unknown {
    this.#silence++;
    const decoded = this.#value(type, value);
    this.#silence--;
    return decoded;
  }

  #unknown(key: string): void {
    if (this.#silence > 0 || this.unknownFields.length >= maxProblems) return;
    this.unknownFields.push(`unknown field ${JSON.stringify(pathText([...this.#path, key]))}`);
  }

  #mismatch(value: unknown, wanted?: string): DecodeError {
    return typeMismatch(this.#root, this.#path, value, wanted);
  }
}

/** Go's omitempty: the zero scalar, or nothing in it. */
function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

function schemaType(): Type {
  return { kind: 'struct', struct: structNamed('apiextensions/v1.JSONSchemaProps') };
}

function worded<T>(canonical: (text: string) => T, text: string): T {
  try {
    return canonical(text);
  } catch (error) {
    throw new DecodeError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The same few quantities arrive again and again; canonical text is expensive to make. */
const quantities = new Map<string, string>();
const maxQuantities = 2000;

function rememberedQuantity(text: string): string {
  let canonical = quantities.get(text);
  if (canonical === undefined) {
    canonical = canonicalQuantity(text);
    if (quantities.size >= maxQuantities) quantities.clear();
    quantities.set(text, canonical);
  }
  return canonical;
}
