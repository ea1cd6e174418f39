/** Why a pattern is no regular expression; undefined when it is one. */
export function patternError(pattern: string): string | undefined {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp ? undefined : '';
  } catch (error) {
    return (error as Error).message;
  }
}
