/** What waits for the engine's next step: one token of an answer, or what is left of a prompt. */
export interface StepItem {
  readonly tokens: { readonly length: number };
}

export interface PlannedItem<I> {
  item: I;
  processAmount: number;
}

/**
 * Fills a step of `size` tokens: first the answers under way, a token each, so that a long prompt delays nobody's next
 * token by more than a step; then the prompts, oldest first, with what is left (vLLM's chunked prefill).
 */
export function planStep<I extends StepItem>(items: readonly I[], size: number): PlannedItem<I>[] {
  const plan: PlannedItem<I>[] = [];
  let left = size;
  const ordered = [...items.filter(isAnswer), ...items.filter((item) => !isAnswer(item))];
  for (const item of ordered) {
    const processAmount = Math.min(item.tokens.length, left);
    if (processAmount === 0) break;
    plan.push({ item, processAmount });
    left -= processAmount;
  }
  return plan;
}

function isAnswer({ tokens }: StepItem): boolean {
  return tokens.length === 1;
}
