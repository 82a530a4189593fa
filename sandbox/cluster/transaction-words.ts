/** What a statement does to the transaction of its session. */
export type TransactionWord = 'begin' | 'commit' | 'rollback' | 'none';

/** Reads it off the first words, as psql does for its prompt. Savepoints do not open or end a transaction. */
export function transactionWord(statement: string): TransactionWord {
  const words = statement
    .replace(/\/\*[\s\S]*?\*\/|--[^\n]*/g, ' ')
    .trim()
    .toLowerCase();
  if (/^(begin\b|start\s+transaction\b)/.test(words)) return 'begin';
  // AND CHAIN opens the next transaction at once.
  if (/^(commit|end|rollback|abort)\b.*\band\s+chain\b/s.test(words)) return 'begin';
  if (/^commit\s+prepared\b|^rollback\s+prepared\b/.test(words)) return 'none';
  if (/^(commit|end)\b|^prepare\s+transaction\b/.test(words)) return 'commit';
  if (/^(rollback|abort)\b/.test(words)) return /^rollback\b[^;]*\bto\b/.test(words) ? 'none' : 'rollback';
  return 'none';
}

/** The isolation that `BEGIN` asks for, as far as the engine's port knows it. */
export function isolationOf(begin: string): 'read committed' | 'repeatable read' {
  return /\b(repeatable\s+read|serializable)\b/i.test(begin) ? 'repeatable read' : 'read committed';
}
