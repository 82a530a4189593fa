import { assertUnchanged } from '../capture/fingerprint.ts';
import { CapraError, DatabaseError } from '../errors.ts';
import {
  includesMatrix,
  includesVector,
  type Matrix,
  mergeMatrices,
  mergeVectors,
  stableVector,
  vectorOf,
} from '../knowledge.ts';
import { apply, recordVersions, silence } from './apply.ts';
import { awaitFlush } from './flush.ts';
import { fold, nextCounter, pendingDeltas, withCounter } from './fold.ts';
import { loadKnowledge, saveKnowledge } from './knowledge-store.ts';
import { merge } from './merge.ts';
import { countUnknown, streamUnknown } from './read.ts';
import type { RoundContext } from './round-context.ts';
import type { RoundNode } from './round-node.ts';
import { purge } from './settle.ts';

export interface Delivery {
  /** The target's matrices, as committed. */
  matrices: Matrix[];
  rows: number;
  conflicts: number;
  purged: number;
}

export interface DeliveryContext extends RoundContext {
  /** Write-ahead log position of the source's snapshot. */
  snapshot: string;
}

const ATTEMPTS_MAX = 6;
/** From this attempt on the tables are locked first, so that no writer can get in between again. */
const LOCK_FROM_ATTEMPT = 4;

/**
 * The target's transaction: stage, merge, apply, remember. Repeated where a local writer got in between; the
 * source's snapshot stays open meanwhile, so every attempt delivers the same state.
 */
export async function deliver(context: DeliveryContext, sourceMatrices: Matrix[]): Promise<Delivery> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await deliverOnce(context, sourceMatrices, attempt >= LOCK_FROM_ATTEMPT);
    } catch (error) {
      await context.target.connection.rollback();
      context.signal.throwIfAborted();
      if (!isRetryable(error) || attempt >= ATTEMPTS_MAX) throw explain(error, context);
    }
  }
}

/** 40001 serialization, 40P01 deadlock, 23505 unique: somebody wrote at the same time; the next snapshot shows what. */
function isRetryable(error: unknown): boolean {
  return error instanceof DatabaseError && ['40001', '40P01', '23505'].includes(error.sqlstate);
}

function explain(error: unknown, { source, target }: RoundContext): unknown {
  if (!(error instanceof DatabaseError) || error.sqlstate !== '23505') return error;
  return new CapraError(
    'unique-conflict',
    `A row from node ${source.name} has the same value in a unique column as another row on node ${target.name}: ${error.detail ?? error.message}. Change or delete one of the two rows; the round is tried again by itself and nothing is lost meanwhile.`,
    { cause: error },
  );
}

async function deliverOnce(
  context: DeliveryContext,
  sourceMatrices: Matrix[],
  lock: boolean,
): Promise<Delivery> {
  const { source, target, members, emit } = context;
  const { connection } = target;
  await connection.begin('repeatable read');
  if (lock) {
    const tables = target.relations.map(({ names }) => names.table).join(', ');
    await connection.script(`LOCK TABLE ${tables} IN SHARE ROW EXCLUSIVE MODE`);
  }
  await assertUnchanged(target);
  await loadKnowledge(target);
  const matrices: Matrix[] = [];
  const total = { rows: 0, conflicts: 0 };
  let pending: boolean[] | null = null;

  for (const [index, relation] of target.relations.entries()) {
    const offered = vectorOf(sourceMatrices[index]!, source.id);
    const known = vectorOf(relation.matrix, target.id);
    let own = relation.matrix;
    let staged = 0;
    if (!includesVector(known, offered)) {
      const started = performance.now();
      const unknown = await countUnknown(source, source.relations[index]!, known, members);
      staged = unknown.rows;
      if (staged > 0) {
        const bytes = await streamUnknown(source, target, index, known, members, context.signal);
        emit({
          type: 'read',
          relation: relation.shape.name,
          ...unknown,
          bytes,
          ms: performance.now() - started,
        });
        if (pending === null) {
          pending = await pendingDeltas(target);
          await silence(target);
        }
        if (pending[index]) own = await foldStaged(target, index);
      }
    }
    const heard = mergeVectors(vectorOf(own, target.id), offered);
    const after = mergeMatrices(target.id, new Map(own).set(target.id, heard), sourceMatrices[index]!);
    if (staged > 0) {
      const conflicts = await mergeAndApply(context, index, offered, stableVector(after, members));
      total.rows += staged;
      total.conflicts += conflicts;
    }
    matrices.push(after);
  }

  context.signal.throwIfAborted();
  const started = performance.now();
  const news = target.relations.some((relation, index) => !includesMatrix(relation.matrix, matrices[index]!));
  if (!news) {
    await connection.rollback();
    return { matrices, ...total, purged: 0 };
  }
  const purged = await purge(target, matrices, members);
  await saveKnowledge(target, matrices);
  if (total.rows > 0) await awaitFlush(source, context.snapshot);
  await connection.commit();
  emit({ type: 'target-commit', ms: performance.now() - started });
  return { matrices, ...total, purged };
}

/**
 * The target's own changes of the incoming keys must be versions before they can be compared. The fold may answer an
 * item: when a target that crashed before its commit as a source gets its own change back, the fold of the same
 * deltas follows it, and the item is known.
 */
async function foldStaged(target: RoundNode, index: number): Promise<Matrix> {
  const relation = target.relations[index]!;
  const counter = await nextCounter(target);
  const keys = await fold(target, relation, counter, 'staged keys');
  if (keys === 0) return relation.matrix;
  await target.connection.query(
    `DELETE FROM ${relation.names.stage} i WHERE i.origin = $1::int AND i.counter <= $2::bigint`,
    [target.id, String(counter)],
  );
  return withCounter(target, relation, counter);
}

async function mergeAndApply(
  context: RoundContext,
  index: number,
  offered: ReturnType<typeof vectorOf>,
  stable: ReturnType<typeof stableVector>,
): Promise<number> {
  const { target, members, emit } = context;
  const relation = target.relations[index]!;
  const name = relation.shape.name;
  let started = performance.now();
  const merged = await merge(target, relation, offered, members, context.nodeName);
  for (const conflict of merged.events) emit({ type: 'conflict', conflict });
  emit({
    type: 'merge',
    relation: name,
    losses: merged.losses,
    conflicts: merged.conflicts,
    ms: performance.now() - started,
  });
  started = performance.now();
  const applied = await apply(target, relation);
  await recordVersions(target, relation, stable, members);
  emit({ type: 'apply', relation: name, ...applied, ms: performance.now() - started });
  return merged.conflicts;
}
