import { type Struct, structNamed, type Type } from './struct.ts';

/** The body does not fit the Go struct. The message is Go's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Where a value stands: field names, map keys, list indices from the object's root. */
export type Path = readonly (string | number)[];

/** `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`. */
export function typeMismatch(root: Struct, path: Path, value: unknown, wanted?: string): DecodeError {
  const { owner, fields, goType } = locate(root, path);
  const what = `json: cannot unmarshal ${nameOfJson(value)} into Go`;
  const type = wanted ?? goType;
  return new DecodeError(
    owner === undefined
      ? `${what} value of type ${type}`
      : `${what} struct field ${owner}.${fields.join('.')} of type ${type}`,
  );
}

/** Follows the path through the structs. Go names the innermost struct, then fields without indices and map keys. */
function locate(root: Struct, path: Path): { owner: string | undefined; fields: string[]; goType: string } {
  let type: Type = { kind: 'struct', struct: root };
  let goType = goTypeName(type);
  let owner: string | undefined;
  const fields: string[] = [];
  for (const segment of path) {
    const struct: Struct | undefined = structOf(type);
    if (type.kind === 'list' || type.kind === 'map') {
      goType = type.kind === 'list' && goType.startsWith('[]') ? goType.slice(2) : goTypeName(type.element);
      type = type.element;
    } else if (struct !== undefined && typeof segment === 'string') {
      const field = struct.byName.get(segment);
      if (field === undefined) break;
      owner = struct.goName;
      fields.push(...field.embedding, field.name);
      type = field.type;
      goType = field.row.go ?? goTypeName(type);
    }
  }
  return { owner, fields, goType };
}

function structOf(type: Type): Struct | undefined {
  if (type.kind === 'struct') return type.struct;
  return type.kind.startsWith('JSONSchemaPropsOr') ? structNamed('apiextensions/v1.JSONSchemaProps') : undefined;
}

function goTypeName(type: Type): string {
  if (type.kind === 'struct') return type.struct.name.slice(type.struct.name.indexOf('/') + 1);
  if (type.kind === 'list') return `[]${goTypeName(type.element)}`;
  if (type.kind === 'map') return `map[string]${goTypeName(type.element)}`;
  if (type.kind === 'bytes') return '[]uint8';
  if (type.kind === 'IntOrString') return 'int32';
  return type.kind === 'Quantity' ? 'resource.Quantity' : type.kind;
}

function nameOfJson(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

/** `spec.containers[0].image`, as strict decoding names a place. */
export function pathText(path: Path): string {
  let text = '';
  for (const segment of path)
    text += typeof segment === 'number' ? `[${segment}]` : text === '' ? segment : `.${segment}`;
  return text;
}
