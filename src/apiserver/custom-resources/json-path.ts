import { isJsonObject } from '../../api/schema/json-value.ts';

type Step =
  | { readonly field: string }
  | { readonly index: number }
  | { readonly all: true }
  | { readonly where: readonly string[]; readonly operator: '==' | '!='; readonly value: unknown };

export type JsonPath = readonly Step[];

/**
 * The paths that printer columns use: `.status.phase`, `.spec['a.b']`, `.metadata.labels.a\.b`, `.list[0]`, `[*]`
 * and `.status.conditions[?(@.type=="Ready")].status` (client-go util/jsonpath). Undefined for any other.
 */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps: Step[] = [];
  let rest = text.replace(/^\$/, '');
  if (rest === '.') return [];
  while (rest !== '') {
    const match = patterns
      .map(({ pattern, step }) => ({ found: pattern.exec(rest), step }))
      .find(({ found }) => found !== null);
    if (match?.found === undefined || match.found === null) return undefined;
    const step = match.step(match.found);
    if (step === undefined) return undefined;
    steps.push(step);
    rest = rest.slice(match.found[0].length);
  }
  return steps;
}

const patterns: readonly { readonly pattern: RegExp; readonly step: (match: RegExpExecArray) => Step | undefined }[] = [
  { pattern: /^\.?\[\*\]/, step: () => ({ all: true }) },
  { pattern: /^\.?\[(-?\d+)\]/, step: ([, index]) => ({ index: Number(index) }) },
  { pattern: /^\.?\['((?:[^'\\]|\\.)*)'\]/, step: ([, name = '']) => ({ field: name.replace(/\\(.)/g, '$1') }) },
  {
    pattern:
      /^\.?\[\?\(\s*@((?:\.[A-Za-z0-9_-]+)+)\s*(==|!=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?|true|false)\s*\)\]/,
    step: ([, path = '', operator, value = '']) => ({
      where: path.slice(1).split('.'),
      operator: operator === '!=' ? '!=' : '==',
      value: literal(value),
    }),
  },
  {
    pattern: /^\.((?:[^.[\]\\]|\\.)+)/,
    step: ([, name = '']) => (name === '*' ? { all: true } : { field: name.replace(/\\(.)/g, '$1') }),
  },
];

function literal(text: string): unknown {
  if (text.startsWith("'")) return text.slice(1, -1).replace(/\\(.)/g, '$1');
  return JSON.parse(text);
}

/** All values at the path, in order. */
export function valuesAt(value: unknown, path: JsonPath): readonly unknown[] {
  return path.reduce<readonly unknown[]>((values, step) => values.flatMap((one) => follow(one, step)), [value]);
}

function follow(value: unknown, step: Step): readonly unknown[] {
  if ('field' in step) return isJsonObject(value) && Object.hasOwn(value, step.field) ? [value[step.field]] : [];
  const items: readonly unknown[] = Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
  if ('all' in step) return items;
  if ('index' in step) return items.at(step.index) === undefined ? [] : [items.at(step.index)];
  return items.filter((item) => {
    let found: unknown = item;
    for (const field of step.where)
      found = isJsonObject(found) && Object.hasOwn(found, field) ? found[field] : undefined;
    return found !== undefined && (found === step.value) === (step.operator === '==');
  });
}

/** A path of names alone, as scale and selectable fields have; undefined for any other. */
export function fieldNames(path: JsonPath | undefined): readonly string[] | undefined {
  const names = path?.flatMap((step) => ('field' in step ? [step.field] : []));
  return names === undefined || names.length !== path?.length ? undefined : names;
}
