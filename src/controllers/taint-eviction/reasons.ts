/** Event and condition reasons (pkg/controller/tainteviction). */
export const taintManagerEviction = 'TaintManagerEviction';
export const deletionByTaintManager = 'DeletionByTaintManager';
