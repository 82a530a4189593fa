import type { RelationName } from '../../src/engine/types.ts';
import type { Verdict } from '../protocol.ts';
import { mergeConflicts } from './conflicts.ts';
import { firstDifference, type Look } from './first-difference.ts';
import { type JudgeInput, judge, tablesEqual } from './judge.ts';
import { type NodeReading, readNode } from './node-reading.ts';

/**
 * Reads every node, each in one snapshot, and judges.
 * @param looks how to look at the nodes that are up, by name
 */
export async function findVerdict(
  relations: readonly RelationName[],
  looks: ReadonlyMap<string, Look>,
  cluster: () => Omit<JudgeInput, 'readings' | 'failures'>,
): Promise<Verdict> {
  const readings: NodeReading[] = [];
  const failures = new Map<string, string>();
  await Promise.all(
    [...looks].map(async ([node, look]) => {
      try {
        readings.push(await look((connection) => readNode(connection, node, relations)));
      } catch (error) {
        failures.set(node, error instanceof Error ? error.message : String(error));
      }
    }),
  );
  readings.sort((a, b) => (a.node < b.node ? -1 : 1));
  const judgement = judge({ ...cluster(), readings, failures });
  const tables = await Promise.all(
    relations.map(async (relation, index) => {
      const equal = tablesEqual(readings, index);
      // While changes travel the first difference is gone before anybody reads of it.
      const search = !equal && judgement.status !== 'in-flight' && readings.length > 1;
      return {
        ...relation,
        perNode: readings.map((reading) => ({
          node: reading.node,
          rows: reading.tables[index]!.rows,
          checksum: reading.tables[index]!.checksum,
        })),
        equal,
        firstDifferingKey: search
          ? await firstDifference(
              relation,
              readings.map((reading) => looks.get(reading.node)!),
            ).catch(() => null)
          : null,
      };
    }),
  );
  return {
    ...judgement,
    tables,
    waiting: readings.map((reading) => ({
      node: reading.node,
      deltas: sum(reading, 'deltas'),
      versions: sum(reading, 'versions'),
    })),
    conflicts: mergeConflicts(readings.map((reading) => reading.conflicts)),
  };
}

function sum(reading: NodeReading, what: 'deltas' | 'versions'): number {
  return reading.tables.reduce((total, table) => total + table[what], 0);
}
