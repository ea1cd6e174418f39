/** One question and its answer, in the corpus' own spelling: lower case but "I", punctuation between spaces. */
export interface Conversation {
  readonly question: string;
  readonly answer: string;
}

const resources = ['cpu', 'memory', 'gpu memory', 'queue depth', 'token rate'];
const objects = ['pod', 'node', 'replica', 'deployment', 'service', 'gateway', 'model server'];
const verbs = ['starts', 'stops', 'restarts', 'scales', 'waits', 'recovers', 'moves'];
const greetings = ['hello', 'hi', 'good morning'];
const sharers = ['two', 'three', 'four', 'eight'];

interface Dice {
  /** One of the list, all equally likely. */
  of(list: readonly string[]): string;
  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number;
}

/** A sentence pattern: it draws its words in the order in which it asks the dice. */
type Pattern = (dice: Dice) => Conversation;

const patterns: readonly Pattern[] = [
  (dice) => {
    const resource = dice.of(resources);
    return {
      question: `how do I scale on ${resource} ?`,
      answer: `set a target for ${resource} in the autoscaler . when the measured ${resource} is above the target , more replicas are added .`,
    };
  },
  (dice) => {
    const [object, verb] = [dice.of(objects), dice.of(verbs)];
    return {
      question: `why does my ${object} ${verb.slice(0, -1)} slowly ?`,
      answer: `the ${object} ${verb} slowly when the model is large . use a warm pool so that the ${object} is ready before the load comes .`,
    };
  },
  (dice) => {
    const object = dice.of(objects);
    return {
      question: `what is a ${object} ?`,
      answer: `a ${object} is a part of the cluster . it is described by a spec and the controller makes the real state match the spec .`,
    };
  },
  (dice) => {
    const [replicas, resource] = [2 + dice.below(30), dice.of(resources)];
    return {
      question: `can I run ${replicas} replicas on one node ?`,
      answer: `yes , if the sum of the requests for ${resource} fits . the scheduler places each pod where enough ${resource} is free .`,
    };
  },
  (dice) => {
    const resource = dice.of(resources);
    return {
      question: `what happens when ${resource} runs out ?`,
      answer: `the pod that uses the most ${resource} is stopped first , and a new replica starts on another node with free ${resource} .`,
    };
  },
  (dice) => {
    const object = dice.of(objects);
    return {
      question: `how does a rolling update treat the ${object} ?`,
      answer: `a new ${object} starts first and must pass its readiness probe . then one old ${object} drains and stops , so users see no errors .`,
    };
  },
  (dice) => {
    const count = dice.of(sharers);
    return {
      question: `how is one gpu shared by ${count} models ?`,
      answer: `time slicing gives each of the ${count} models a turn on the gpu . each turn is short , so all ${count} models make progress .`,
    };
  },
  (dice) => ({
    question: dice.of(greetings),
    answer: 'hello ! I am a very small language model . ask me about pods , scaling , probes or gpus .',
  }),
];

/** The same `count` conversations for the same seed, on every machine. */
export function conversations(count: number, seed = 42): readonly Conversation[] {
  const dice = dicedBy(seed);
  return Array.from({ length: count }, () => (patterns[dice.below(patterns.length)] as Pattern)(dice));
}

/** How a conversation stands in the training text, and what the model's chat template renders. */
export function transcript({ question, answer }: Conversation): string {
  return `user: ${question}\nassistant: ${answer}\n`;
}

/**
 * A linear congruential generator (the constants of Numerical Recipes). Its low bits are poor, which these
 * short lists do not notice; it is kept because the committed model was trained on what it draws.
 */
function dicedBy(seed: number): Dice {
  let state = seed >>> 0;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * bound);
  };
  return { below, of: (list) => list[below(list.length)] as string };
}
