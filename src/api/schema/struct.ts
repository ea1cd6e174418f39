import { type FieldRow, tables } from './tables.ts';

/** Types whose JSON and protobuf forms are their own, not a struct's. */
const special = [
  'Time',
  'MicroTime',
  'Quantity',
  'IntOrString',
  'RawExtension',
  'FieldsV1',
  'JSON',
  'JSONSchemaPropsOrBool',
  'JSONSchemaPropsOrArray',
  'JSONSchemaPropsOrStringArray',
] as const;
const scalars = ['string', 'bool', 'int32', 'int64', 'float64', 'bytes', 'any'] as const;

export type WordType = (typeof special)[number] | (typeof scalars)[number];

/** The type of a field, without the pointer around it. */
export type Type =
  | { readonly kind: WordType }
  | { readonly kind: 'struct'; readonly struct: Struct }
  | { readonly kind: 'list'; readonly element: Type; readonly elementIsPointer: boolean }
  | { readonly kind: 'map'; readonly element: Type };

export interface Field {
  /** JSON name. */
  readonly name: string;
  /** Place in the struct's `fields`, which is the order of Go's JSON. */
  readonly index: number;
  readonly type: Type;
  /** Go has a pointer: a zero value that was given is kept. */
  readonly isPointer: boolean;
  /** Go leaves it out when empty. Never of a struct without a pointer. */
  readonly omitEmpty: boolean;
  /**
   * Present in canonical form even if the input has not got it. A nil pointer, a zero time and
   * missing raw JSON are `null` in Go's output; here they are absent, so that no reader meets null.
   */
  readonly isAlwaysWritten: boolean;
  /** The Go names of the structs that the field is embedded through, outermost first. */
  readonly embedding: readonly string[];
  readonly row: FieldRow;
}

/** A field of the protobuf message, where embedded structs are messages of their own. */
export interface WireField {
  readonly number: number;
  /** undefined: embedded, its fields belong to the object around it. */
  readonly name: string | undefined;
  readonly type: Type;
  readonly isPointer: boolean;
}

/** A Go struct: its JSON fields with embedded structs dissolved, and its protobuf fields. */
export interface Struct {
  /** `core/v1.Pod`. */
  readonly name: string;
  /** `Pod`. */
  readonly goName: string;
  /** `io.k8s.api.core.v1.Pod`, its name in OpenAPI documents. */
  readonly model: string;
  /** Server-side apply takes it as one value. */
  readonly isAtomic: boolean;
  readonly fields: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
  readonly byNumber: ReadonlyMap<number, WireField>;
  /** How many fields are written whatever their value. */
  readonly alwaysWritten: number;
}

const nullWhenZero: ReadonlySet<string> = new Set(['Time', 'MicroTime', 'RawExtension', 'FieldsV1', 'JSON', 'any']);

const structs: ReadonlyMap<string, Struct> = build();
const kinds: ReadonlyMap<string, string> = indexKinds();

/** `structNamed('core/v1.PodSpec')`. Throws for a name that the tables do not hold. */
export function structNamed(name: string): Struct {
  const found = structs.get(name);
  if (found === undefined) throw new Error(`bug: no struct ${name} in the schema tables`);
  return found;
}

/**
 * The struct of a kind, undefined when the tables do not hold it. Kinds of meta.k8s.io
 * (DeleteOptions, ListOptions, Status, …) belong to every group-version.
 */
export function structOfKind(group: string, version: string, kind: string): Struct | undefined {
  const name = kinds.get(`${group}/${version}/${kind}`) ?? kinds.get(`meta.k8s.io/v1/${kind}`);
  return name === undefined ? undefined : structNamed(name);
}

export function allStructs(): Iterable<Struct> {
  return structs.values();
}

function indexKinds(): Map<string, string> {
  const index = new Map<string, string>();
  for (const table of tables) {
    const goPackage = Object.keys(table.structs)[0]?.split('.')[0] ?? '';
    for (const kind of table.kinds) index.set(`${table.group}/${table.version}/${kind}`, `${goPackage}.${kind}`);
  }
  return index;
}

function build(): Map<string, Struct> {
  const rows = new Map<string, readonly FieldRow[]>();
  const all = new Map<string, Struct & { fields: Field[] }>();
  const types = new Map<string, Type>();
  for (const table of tables) {
    const atomic = new Set(table.atomic);
    for (const [name, fields] of Object.entries(table.structs)) {
      const goName = name.slice(name.indexOf('.') + 1);
      rows.set(name, fields);
      all.set(name, {
        name,
        goName,
        model: `${table.model}.${goName}`,
        isAtomic: atomic.has(name),
        fields: [],
        byName: new Map(),
        byNumber: new Map(),
        alwaysWritten: 0,
      });
    }
  }
  const typeOf = (text: string): Type => {
    let type = types.get(text);
    if (type === undefined) types.set(text, (type = parse(text)));
    return type;
  };
  const parse = (text: string): Type => {
    if (text.startsWith('[]')) {
      const element = text.slice(2);
      return { kind: 'list', element: typeOf(withoutPointer(element)), elementIsPointer: element.startsWith('*') };
    }
    if (text.startsWith('{}')) return { kind: 'map', element: typeOf(withoutPointer(text.slice(2))) };
    const struct = all.get(text);
    if (struct !== undefined) return { kind: 'struct', struct };
    if (![...special, ...scalars].includes(text as WordType)) throw new Error(`bug: no schema type ${text}`);
    return { kind: text as WordType };
  };
  const addFields = (struct: Struct & { fields: Field[] }, from: string, embedding: readonly string[]): void => {
    for (const row of rows.get(from) ?? []) {
      const type = typeOf(withoutPointer(row.type));
      const isPointer = row.type.startsWith('*');
      if (embedding.length === 0 && row.number !== undefined)
        (struct.byNumber as Map<number, WireField>).set(row.number, {
          number: row.number,
          name: row.name,
          type,
          isPointer,
        });
      if (row.inline === true) {
        addFields(struct, withoutPointer(row.type), [...embedding, row.type.slice(row.type.indexOf('.') + 1)]);
        continue;
      }
      const omitEmpty = row.omitzero === true || (row.omitempty === true && (isPointer || !isGoStruct(type)));
      const field: Field = {
        name: row.name ?? '',
        index: struct.fields.length,
        type,
        isPointer,
        omitEmpty,
        isAlwaysWritten: !omitEmpty && !isPointer && !mayBeNull(type),
        embedding,
        row,
      };
      struct.fields.push(field);
      (struct.byName as Map<string, Field>).set(field.name, field);
    }
  };
  for (const struct of all.values()) {
    addFields(struct, struct.name, []);
    (struct as { alwaysWritten: number }).alwaysWritten = struct.fields.filter((field) => field.isAlwaysWritten).length;
  }
  return all;
}

/** Go's omitempty has no effect on structs, and to Go these are structs. */
function isGoStruct(type: Type): boolean {
  return type.kind === 'struct' || type.kind === 'IntOrString' || type.kind === 'Quantity' || mayBeNull(type);
}

/** Structs to Go whose zero value it writes as null. */
function mayBeNull(type: Type): boolean {
  return nullWhenZero.has(type.kind);
}

function withoutPointer(type: string): string {
  return type.startsWith('*') ? type.slice(1) : type;
}
