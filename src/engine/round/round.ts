import { assertUnchanged } from '../capture/fingerprint.ts';
import { includesMatrix, type Matrix, mergeMatrices } from '../knowledge.ts';
import { deliver } from './deliver.ts';
import { snapshotPosition } from './flush.ts';
import { fold, nextCounter, pendingDeltas, withCounter } from './fold.ts';
import { loadKnowledge, saveKnowledge } from './knowledge-store.ts';
import type { RoundContext } from './round-context.ts';
import { purge } from './settle.ts';

export interface RoundResult {
  /** Versions that the target was sent. */
  rows: number;
  conflicts: number;
  /** Something changed on the target: rows, or what it knows. */
  news: boolean;
}

/**
 * One round from source to target: fold, read, merge, apply, settle (DESIGN, section 3). The source's transaction
 * stays open round the target's, so that fold and read share one snapshot and the target moves from one consistent
 * state of the source to the next. The target commits first: what dies in between is sent again, without effect twice.
 *
 * Both connections must hold their node's engine lock, and no other round may use either node meanwhile.
 * Where it throws, both transactions are rolled back; nothing but a counter is used up.
 */
export async function runRound(context: RoundContext): Promise<RoundResult> {
  const { source, target, members, emit } = context;
  const started = performance.now();
  emit({ type: 'round-start' });
  try {
    const { snapshot, folded } = await openSnapshot(context);
    context.signal.throwIfAborted();

    const delivery = await deliver({ ...context, snapshot }, folded);

    const settling = performance.now();
    const matrices = folded.map((matrix, index) =>
      mergeMatrices(source.id, matrix, delivery.matrices[index]!),
    );
    const purgedHere = await purge(source, matrices, members);
    const learned = await saveKnowledge(source, matrices);
    if (learned) await source.connection.commit();
    else await source.connection.rollback();

    const news = target.relations.some(
      (relation, index) => !includesMatrix(relation.matrix, delivery.matrices[index]!),
    );
    source.relations.forEach((relation, index) => {
      relation.matrix = matrices[index]!;
    });
    target.relations.forEach((relation, index) => {
      relation.matrix = delivery.matrices[index]!;
    });
    const now = performance.now();
    emit({ type: 'settle', purged: purgedHere + delivery.purged, ms: now - settling });
    const result = { rows: delivery.rows, conflicts: delivery.conflicts };
    emit({ type: 'round-end', ...result, ms: now - started });
    return { ...result, news };
  } catch (error) {
    await Promise.all([source.connection.rollback(), target.connection.rollback()]);
    throw error;
  }
}

/**
 * Opens the source's transaction and folds what is pending in it. The counter has to be taken before the
 * transaction (see `nextCounter`), so before it is sure that there is anything to fold; where a change came in
 * between, the snapshot is given up: rows must never travel under the dot of an older version.
 */
async function openSnapshot(context: RoundContext): Promise<{ snapshot: string; folded: Matrix[] }> {
  const { source } = context;
  let counter = (await pendingDeltas(source)).includes(true) ? await nextCounter(source) : null;
  for (;;) {
    await source.connection.begin('repeatable read');
    const snapshot = await snapshotPosition(source);
    await assertUnchanged(source);
    await loadKnowledge(source);
    const pending = await pendingDeltas(source);
    if (!pending.includes(true))
      return { snapshot, folded: source.relations.map((relation) => relation.matrix) };
    if (counter !== null) return { snapshot, folded: await foldPending(context, counter, pending) };
    await source.connection.rollback();
    counter = await nextCounter(source);
  }
}

/** @returns the source's matrices as they will be if its transaction commits. */
async function foldPending(
  { source, emit }: RoundContext,
  counter: bigint,
  pending: boolean[],
): Promise<Matrix[]> {
  const matrices: Matrix[] = [];
  for (const [index, relation] of source.relations.entries()) {
    if (!pending[index]) {
      matrices.push(relation.matrix);
      continue;
    }
    const started = performance.now();
    const keys = await fold(source, relation, counter);
    matrices.push(withCounter(source, relation, counter));
    emit({
      type: 'fold',
      relation: relation.shape.name,
      keys,
      counter: String(counter),
      ms: performance.now() - started,
    });
  }
  return matrices;
}
