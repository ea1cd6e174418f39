import { decode } from '../schema/decode.ts';
import { setKey } from '../schema/json-value.ts';
import { type Struct, structNamed, type Type } from '../schema/struct.ts';
import { base64OfBytes } from './base64-bytes.ts';
import { isProtobuf, readEnvelope } from './envelope.ts';
import { microTimeOfUnix, timeOfUnix } from './time-message.ts';
import { ProtobufError, wireBytes, wireFixed64, WireReader, wireVarint } from './wire.ts';

/** Deeper messages are refused: only schemas of CustomResourceDefinitions nest at all. */
const maxDepth = 500;

/**
 * A message of the struct's type as the canonical object that decode gives. Encoders write every
 * field without a pointer, so empty values of those say nothing and are dropped; those of pointers
 * are kept. Throws ProtobufError, or DecodeError where the content is wrong (a quantity, raw JSON).
 */
export function decodeMessage<T = Record<string, unknown>>(struct: Struct, bytes: Uint8Array): T {
  return decode<T>(struct, new MessageReader(bytes).fields(struct, {}, 0)).object;
}

type Fields = Record<string, unknown>;

class MessageReader {
  readonly #wire: WireReader;

  constructor(bytes: Uint8Array) {
    this.#wire = new WireReader(bytes);
  }

  /** Reads to the end of the message, into `out`: a field that comes twice is merged, as protobuf has it. */
  fields(struct: Struct, out: Fields, depth: number): Fields {
    if (depth > maxDepth) throw new ProtobufError('proto: exceeded max depth');
    const wire = this.#wire;
    while (!wire.isDone) {
      const tag = wire.tag();
      const field = struct.byNumber.get(tag >>> 3);
      const wireType = tag & 7;
      if (field === undefined) wire.skip(wireType);
      else if (field.name === undefined) this.#message(field.type, wireType, out, depth);
      else out[field.name] = this.#value(field.type, wireType, out[field.name], depth);
    }
    return out;
  }

  #message(type: Type, wireType: number, out: Fields, depth: number): Fields {
    if (type.kind !== 'struct') throw new Error(`bug: ${type.kind} is embedded`);
    return this.#enter(wireType, () => this.fields(type.struct, out, depth + 1));
  }

  #value(type: Type, wireType: number, before: unknown, depth: number): unknown {
    const wire = this.#wire;
    switch (type.kind) {
      case 'string':
        expectType(wireType, wireBytes);
        return wire.string();
      case 'bytes':
        expectType(wireType, wireBytes);
        return base64OfBytes(wire.bytes());
      case 'bool':
        expectType(wireType, wireVarint);
        return wire.bool();
      case 'int32':
        expectType(wireType, wireVarint);
        return wire.int32();
      case 'int64':
        expectType(wireType, wireVarint);
        return wire.int64();
      case 'float64':
        expectType(wireType, wireFixed64);
        return wire.float64();
      case 'struct':
        return this.#message(type, wireType, isFields(before) ? before : {}, depth);
      case 'list':
        return this.#list(type.element, wireType, Array.isArray(before) ? before : [], depth);
      case 'map':
        return this.#mapEntry(type.element, wireType, isFields(before) ? before : {}, depth);
      case 'Time':
      case 'MicroTime':
        return this.#time(type.kind, wireType);
      case 'Quantity':
        return this.#parts(wireType, [{ kind: 'string' }], depth)[0] ?? '';
      case 'IntOrString': {
        const [isString, number, text] = this.#parts(
          wireType,
          [{ kind: 'int64' }, { kind: 'int32' }, { kind: 'string' }],
          depth,
        );
        return isString === 1 ? (text ?? '') : (number ?? 0);
      }
      case 'RawExtension':
      case 'FieldsV1':
      case 'JSON':
        return this.#raw(wireType);
      case 'JSONSchemaPropsOrBool': {
        const [allows, schema] = this.#parts(wireType, [{ kind: 'bool' }, schemaType()], depth);
        return schema ?? allows ?? false;
      }
      case 'JSONSchemaPropsOrArray': {
        const [schema, schemas] = this.#parts(wireType, [schemaType(), listOf(schemaType())], depth);
        return schemas ?? schema ?? null;
      }
      case 'JSONSchemaPropsOrStringArray': {
        const [schema, property] = this.#parts(wireType, [schemaType(), listOf({ kind: 'string' })], depth);
        return property ?? schema ?? [];
      }
      case 'any':
        throw new Error('bug: untyped values are not in protobuf');
    }
  }

  /** Repeated numbers may also come packed into one field. */
  #list(element: Type, wireType: number, out: unknown[], depth: number): unknown[] {
    const isNumber = element.kind === 'int32' || element.kind === 'int64' || element.kind === 'bool';
    if (!isNumber || wireType !== wireBytes) {
      out.push(this.#value(element, wireType, undefined, depth));
      return out;
    }
    return this.#enter(wireType, () => {
      while (!this.#wire.isDone) out.push(this.#value(element, wireVarint, undefined, depth));
      return out;
    });
  }

  #mapEntry(element: Type, wireType: number, out: Fields, depth: number): Fields {
    const [key, value] = this.#parts(wireType, [{ kind: 'string' }, element], depth);
    setKey(out, typeof key === 'string' ? key : '', value ?? null);
    return out;
  }

  #time(kind: 'Time' | 'MicroTime', wireType: number): string | null {
    const [seconds, nanos] = this.#parts(wireType, [{ kind: 'int64' }, { kind: 'int32' }], 0);
    if (seconds === undefined && nanos === undefined) return null;
    const unix = typeof seconds === 'number' ? seconds : 0;
    return kind === 'Time' ? timeOfUnix(unix) : microTimeOfUnix(unix, typeof nanos === 'number' ? nanos : 0);
  }

  /** Bytes of JSON, or of a whole protobuf body. */
  #raw(wireType: number): unknown {
    const bytes = this.#enter(wireType, () => {
      let found: Uint8Array | undefined;
      while (!this.#wire.isDone) {
        const tag = this.#wire.tag();
        if (tag === 8 + wireBytes) found = this.#wire.bytes();
        else this.#wire.skip(tag & 7);
      }
      return found;
    });
    if (bytes === undefined || bytes.length === 0) return null;
    if (isProtobuf(bytes)) throw new ProtobufError(`raw ${readEnvelope(bytes).kind} inside an object is not JSON`);
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    } catch (error) {
      throw new ProtobufError('raw content is not JSON', { cause: error });
    }
  }

  /** A small message whose fields are numbered from 1, by place. */
  #parts(wireType: number, types: readonly Type[], depth: number): unknown[] {
    return this.#enter(wireType, () => {
      if (depth > maxDepth) throw new ProtobufError('proto: exceeded max depth');
      const parts: unknown[] = [];
      while (!this.#wire.isDone) {
        const tag = this.#wire.tag();
        const index = (tag >>> 3) - 1;
        const type = types[index];
        if (type === undefined) this.#wire.skip(tag & 7);
        else parts[index] = this.#value(type, tag & 7, parts[index], depth + 1);
      }
      return parts;
    });
  }

  #enter<T>(wireType: number, read: () => T): T {
    expectType(wireType, wireBytes);
    const outer = this.#wire.enter();
    const result = read();
    this.#wire.leave(outer);
    return result;
  }
}

function expectType(wireType: number, expected: number): void {
  if (wireType !== expected) throw new ProtobufError(`proto: wrong wireType = ${wireType}`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function schemaType(): Type {
  return { kind: 'struct', struct: structNamed('apiextensions/v1.JSONSchemaProps') };
}

function listOf(element: Type): Type {
  return { kind: 'list', element, elementIsPointer: false };
}
