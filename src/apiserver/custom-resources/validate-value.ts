import {
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
  type FieldError,
} from '../../api/field-error.ts';
import type { JSONSchemaProps } from '../../api/schema/apiextensions-v1.ts';
import { equalJson, isJsonObject } from '../../api/schema/json-value.ts';
import { formatRule } from './formats.ts';
import { jsonTypeOf } from './json-type.ts';
import { itemsOf } from './prune.ts';

/**
 * Holds a value to an OpenAPI schema, with the words of kube-openapi's validator. `prefix` goes in front of the
 * fields, not of the messages: the status is validated on its own.
 */
export function validateValue(value: unknown, schema: JSONSchemaProps, prefix = ''): readonly FieldError[] {
  const { problems } = check(value, schema, '');
  const seen = new Set<string>();
  return problems
    .map((problem) => inField(problem, prefix))
    .filter(({ field, detail }) => seen.size < seen.add(`${field} ${detail}`).size);
}

/** A rule that is broken at a path; without one, of the value as a whole. */
interface Problem {
  readonly path: string | undefined;
  readonly error: (field: string) => FieldError;
}

interface Checked {
  readonly problems: readonly Problem[];
  /** How many checks were made: of several alternatives the one that got farthest tells what is wrong. */
  readonly matches: number;
}

function inField({ path, error }: Problem, prefix: string): FieldError {
  // Upstream prints an absent path so.
  if (path === undefined) return error(prefix === '' ? '<nil>' : prefix);
  const field = path.replace(/^\./, '');
  return error([prefix, field].filter((part) => part !== '').join('.'));
}

function check(value: unknown, schema: JSONSchemaProps, path: string): Checked {
  const problems: Problem[] = [];
  let matches = 1;
  const add = (error: Problem['error'], isOfWhole = false): void =>
    void problems.push({ path: isOfWhole ? undefined : path, error });
  const merge = (checked: Checked): void => {
    problems.push(...checked.problems);
    matches += checked.matches;
  };
  const type = jsonTypeOf(value);
  const wrongType = typeProblem(type, schema, path);
  if (wrongType !== undefined) add(wrongType);
  else matches++;
  if (type === 'null') {
    checkEnum(value, schema, add);
    return { problems, matches };
  }
  merge(checkJunctors(value, schema, path));
  if (typeof value === 'string') checkString(value, schema, path, add);
  if (typeof value === 'number') checkNumber(value, schema, path, add);
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items !== undefined)
      for (const [index, item] of value.entries()) merge(check(item, items, `${path}[${index}]`));
    checkSize(value.length, schema.minItems, schema.maxItems, path, 'items', add);
  }
  checkEnum(value, schema, add);
  if (isJsonObject(value)) {
    checkSize(Object.keys(value).length, schema.minProperties, schema.maxProperties, path, 'properties', add);
    merge(checkFields(value, schema, path));
  }
  return { problems, matches };
}

function typeProblem(type: string, schema: JSONSchemaProps, path: string): Problem['error'] | undefined {
  const wanted =
    schema['x-kubernetes-int-or-string'] === true ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  if (wanted.length === 0) return undefined;
  const fits =
    type === 'null'
      ? schema.nullable === true
      : wanted.includes(type) || (type === 'integer' && wanted.includes('number'));
  if (fits) return undefined;
  return (field) =>
    typeInvalid(field, type, `${path} in body must be of type ${wanted.join(',')}: ${JSON.stringify(type)}`);
}

function checkString(
  text: string,
  schema: JSONSchemaProps,
  path: string,
  add: (error: Problem['error']) => void,
): void {
  const { maxLength, minLength, pattern, format = '' } = schema;
  const length = maxLength === undefined && minLength === undefined ? 0 : Array.from(text).length;
  // Upstream looks at one of these only, the first that is wrong.
  if (maxLength !== undefined && length > maxLength) add((field) => tooLong(field, maxLength));
  else if (minLength !== undefined && length < minLength) {
    add((field) => invalidValue(field, text, `${path} in body should be at least ${minLength} chars long`));
  } else if (pattern !== undefined && pattern !== '' && !regularExpression(pattern).test(text)) {
    add((field) => invalidValue(field, text, `${path} in body should match '${pattern}'`));
  }
  if (format === '' || formatRule(format)?.(text) !== false) return;
  add((field) => typeInvalid(field, text, `${path} in body must be of type ${format}: ${JSON.stringify(text)}`));
}

const expressions = new Map<string, RegExp>();

/** The patterns of definitions, of which there are few. Throws SyntaxError. */
export function regularExpression(pattern: string): RegExp {
  let expression = expressions.get(pattern);
  if (expression === undefined) {
    if (expressions.size >= 2_000) expressions.clear();
    expression = compile(pattern);
    expressions.set(pattern, expression);
  }
  return expression;
}

/** Go's dialect knows escapes that JavaScript's strict one refuses. */
function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return new RegExp(pattern);
  }
}

const formatLimits: Readonly<Record<string, number>> = { int32: 2 ** 31, int64: 2 ** 63 };

function checkNumber(
  value: number,
  schema: JSONSchemaProps,
  path: string,
  add: (error: Problem['error'], isOfWhole?: boolean) => void,
): void {
  const {
    maximum,
    minimum,
    multipleOf,
    exclusiveMaximum = false,
    exclusiveMinimum = false,
    type,
    format = '',
  } = schema;
  const limit = formatLimits[format] ?? 2 ** 63;
  if (type === 'integer' && (!Number.isInteger(value) || value >= limit || value < -limit)) {
    const kind = formatLimits[format] === undefined ? '(default format)' : `with format ${format}`;
    const message = `Checked value must be of type integer ${kind} in ${path}`;
    add((field) => invalidValue(field, '', message), true);
  }
  if (multipleOf !== undefined && !Number.isInteger(multipleOf < 1 ? (1 / multipleOf) * value : value / multipleOf)) {
    add((field) => invalidValue(field, value, `${path} in body should be a multiple of ${multipleOf}`));
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    const word = exclusiveMaximum ? 'less than' : 'less than or equal to';
    add((field) => invalidValue(field, value, `${path} in body should be ${word} ${maximum}`));
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    const word = exclusiveMinimum ? 'greater than' : 'greater than or equal to';
    add((field) => invalidValue(field, value, `${path} in body should be ${word} ${minimum}`));
  }
}

function checkSize(
  size: number,
  min: number | undefined,
  max: number | undefined,
  path: string,
  what: 'items' | 'properties',
  add: (error: Problem['error']) => void,
): void {
  if (min !== undefined && size < min) {
    add((field) => invalidValue(field, size, `${path} in body should have at least ${min} ${what}`));
  }
  if (max !== undefined && size > max) add((field) => tooMany(field, size, max));
}

function checkEnum(value: unknown, schema: JSONSchemaProps, add: (error: Problem['error']) => void): void {
  const { enum: allowed } = schema;
  if (allowed === undefined || allowed.length === 0 || allowed.some((one) => equalJson(one, value))) return;
  const words = allowed.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  add((field) => notSupported(field, value, words));
}

function checkFields(object: Readonly<Record<string, unknown>>, schema: JSONSchemaProps, path: string): Checked {
  const problems: Problem[] = [];
  let matches = 0;
  const { properties = {}, additionalProperties, required: needed = [] } = schema;
  const visit = (key: string, field: JSONSchemaProps, at: string): void => {
    const checked = check(object[key], field, at);
    problems.push(...checked.problems);
    matches += checked.matches;
  };
  for (const key of Object.keys(object)) {
    if (Object.hasOwn(properties, key) || additionalProperties === undefined) continue;
    if (additionalProperties === false) {
      const message = `${path}.${key} in body is a forbidden property`;
      problems.push({ path, error: (field) => invalidValue(field, key, message) });
    } else if (additionalProperties !== true) visit(key, additionalProperties, `${path}.${key}`);
  }
  for (const [key, field] of Object.entries(properties)) {
    if (Object.hasOwn(object, key)) visit(key, field, path === '' ? key : `${path}.${key}`);
  }
  for (const key of needed) {
    if (!Object.hasOwn(object, key)) problems.push({ path: `${path}.${key}`, error: (field) => required(field) });
  }
  return { problems, matches };
}

/** allOf, anyOf, oneOf, not. */
function checkJunctors(value: unknown, schema: JSONSchemaProps, path: string): Checked {
  const problems: Problem[] = [];
  let matches = 0;
  const quoted = JSON.stringify(path);
  const whole = (message: string): void =>
    void problems.push({ path: undefined, error: (field) => invalidValue(field, '', message) });
  const merge = (checked: Checked | undefined): void => {
    problems.push(...(checked?.problems ?? []));
    matches += checked?.matches ?? 0;
  };
  const { anyOf = [], oneOf = [], allOf = [], not } = schema;
  if (anyOf.length > 0) {
    const results = anyOf.map((one) => check(value, one, path));
    const good = results.find((result) => result.problems.length === 0);
    if (good === undefined) whole(`${quoted} must validate at least one schema (anyOf)`);
    merge(good ?? farthest(results));
  }
  if (oneOf.length > 0) {
    const results = oneOf.map((one) => check(value, one, path));
    const good = results.filter((result) => result.problems.length === 0);
    if (good.length === 1) merge(good[0]);
    else {
      const found = good.length === 0 ? 'Found none valid' : `Found ${good.length} valid alternatives`;
      whole(`${quoted} must validate one and only one schema (oneOf). ${found}`);
      if (good.length === 0) merge(farthest(results));
    }
  }
  if (allOf.length > 0) {
    const results = allOf.map((one) => check(value, one, path));
    for (const result of results) merge(result);
    const good = results.filter((result) => result.problems.length === 0).length;
    if (good < results.length)
      whole(`${quoted} must validate all the schemas (allOf)${good === 0 ? '. None validated' : ''}`);
  }
  if (not !== undefined && check(value, not, path).problems.length === 0) {
    whole(`${quoted} must not validate the schema (not)`);
  }
  return { problems, matches };
}

function farthest(results: readonly Checked[]): Checked | undefined {
  return results.reduce<Checked | undefined>(
    (best, one) => (best === undefined || one.matches > best.matches ? one : best),
    undefined,
  );
}
