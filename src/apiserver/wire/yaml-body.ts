import { isScalar, parseDocument, visit } from 'yaml';

/** A value, and the keys that stood twice in it, in the words of strict decoding. */
export interface ParsedYaml {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

export class YamlSyntaxError extends Error {
  override readonly name = 'YamlSyntaxError';
}

// An alias of an alias of an alias grows without end: CVE-2019-11253.
const aliasesMax = 100;
const depthMax = 1_000;

/** YAML as Kubernetes reads it (sigs.k8s.io/yaml): version 1.1, dates are text. Throws YamlSyntaxError. */
export function parseYaml(text: string): ParsedYaml {
  const duplicates: string[] = [];
  try {
    const document = parseDocument(text, {
      version: '1.1',
      merge: true,
      customTags: (tags) => tags.filter((tag) => tag !== 'timestamp'),
      uniqueKeys(a, b) {
        if (!isScalar(a) || !isScalar(b) || a.value !== b.value) return false;
        if (duplicates.length < 100) duplicates.push(`key ${JSON.stringify(String(a.value))} already set in map`);
        return false;
      },
    });
    const [problem] = document.errors;
    if (problem !== undefined)
      throw new YamlSyntaxError(`error converting YAML to JSON: yaml: ${problem.message.split('\n')[0]}`);
    visit(document, {
      Node(_key, _node, path) {
        if (path.length > 2 * depthMax) throw new YamlSyntaxError('error converting YAML to JSON: exceeded max depth');
      },
    });
    return { value: document.toJS({ maxAliasCount: aliasesMax }) as unknown, duplicates };
  } catch (error) {
    if (error instanceof YamlSyntaxError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new YamlSyntaxError(`error converting YAML to JSON: yaml: ${why}`, { cause: error });
  }
}
