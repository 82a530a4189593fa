import { columnDefinitions, type RelationNames } from '../capture/relation-sql.ts';
import { uncoveredSql, type Vector } from '../knowledge.ts';
import { quoteIdentifier } from '../sql.ts';
import type { RowKey } from '../trace/events.ts';
import type { NodeId } from '../types.ts';
import type { RoundNode, RoundRelation } from './round-node.ts';

const KEYS_IN_TRACE = 20;

/** How many versions the target lacks, and the first keys of them for the trace. */
export async function countUnknown(
  source: RoundNode,
  relation: RoundRelation,
  known: Vector,
  members: readonly NodeId[],
): Promise<{ rows: number; keys: RowKey[] }> {
  const { names, shape } = relation;
  const where = uncoveredSql('v', known, members);
  const [row] = await source.connection.query<{ n: string }>(
    `SELECT count(*) AS n FROM ${names.version} v WHERE ${where}`,
  );
  const rows = Number(row!.n);
  if (rows === 0) return { rows, keys: [] };
  const columns = shape.key.map(
    (column, index) => `v.k${index + 1}::text AS ${quoteIdentifier(column.name)}`,
  );
  const keys = await source.connection.query<RowKey>(
    `SELECT ${columns.join(', ')} FROM ${names.version} v WHERE ${where} LIMIT ${KEYS_IN_TRACE}`,
  );
  return { rows, keys };
}

/**
 * Streams the versions that the target lacks, with the rows as they are in the source's snapshot, into the target's
 * staging table. The bytes of COPY go through unparsed; no more than a few chunks are in memory at a time.
 * @returns the number of bytes.
 */
export async function streamUnknown(
  source: RoundNode,
  target: RoundNode,
  index: number,
  known: Vector,
  members: readonly NodeId[],
  signal: AbortSignal,
): Promise<number> {
  const from = source.relations[index]!;
  const to = target.relations[index]!;
  await prepareStage(target, to);
  const { names, shape } = from;
  const keyColumns = shape.key.map((column, i) => `coalesce(t.${quoteIdentifier(column.name)}, v.k${i + 1})`);
  const restColumns = to.shape.rest.map((column) => `t.${quoteIdentifier(column.name)}`);
  // A row that is missing although its version says otherwise was truncated after the snapshot: TRUNCATE is not MVCC-safe.
  const gone = `v.gone OR t.${quoteIdentifier(shape.key[0]!.name)} IS NULL`;
  const rows = await source.connection.copyOut(
    `COPY (SELECT ${['v.origin', 'v.counter', 'v.stamp', gone, ...keyColumns, ...restColumns].join(', ')} ` +
      `FROM ${names.version} v LEFT JOIN ${names.table} t ON ${names.keyIs('t', 'v')} ` +
      `WHERE ${uncoveredSql('v', known, members)}) TO STDOUT`,
  );
  const sink = await target.connection.copyIn(
    `COPY ${to.names.stage} (${stageColumns(to).join(', ')}) FROM STDIN`,
  );
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      controller.enqueue(chunk);
    },
  });
  await rows.pipeThrough(counted).pipeTo(sink, { signal });
  return bytes;
}

function stageColumns({ shape }: RoundRelation): string[] {
  return [
    'origin',
    'counter',
    'stamp',
    'gone',
    ...shape.key.map((_, index) => `k${index + 1}`),
    ...shape.rest.map((_, index) => `c${index + 1}`),
  ];
}

/** The staging table lives as long as the session and is emptied by every commit and rollback. */
async function prepareStage(target: RoundNode, relation: RoundRelation): Promise<void> {
  const { shape, names } = relation;
  const columns = [...columnDefinitions(shape.key, 'k', true), ...columnDefinitions(shape.rest, 'c', false)];
  await target.connection.script(
    `CREATE TEMPORARY TABLE IF NOT EXISTS ${stageName(names)} (
       origin integer NOT NULL, counter bigint NOT NULL, stamp timestamptz NOT NULL, gone boolean NOT NULL,
       ${columns.join(', ')}
     ) ON COMMIT DELETE ROWS`,
  );
}

function stageName(names: RelationNames): string {
  return names.stage.replace('pg_temp.', '');
}
