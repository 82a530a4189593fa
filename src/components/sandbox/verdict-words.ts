import type { Verdict } from '../../../sandbox/protocol.ts';
import { count, listWords } from './words.ts';

/** The verdict in two or three words. */
export function verdictTitle(verdict: Pick<Verdict, 'status'> | null, nodes: number): string {
  switch (verdict?.status) {
    case 'equal':
      return nodes === 2 ? 'Both nodes are equal' : `All ${numberWord(nodes)} nodes are equal`;
    case 'in-flight':
      return 'Changes are on their way';
    case 'blocked':
      return 'Changes cannot travel';
    case 'different':
      return 'The nodes differ';
    case 'unknown':
      return 'Not all nodes can be read';
    case undefined:
      return 'Not looked at yet';
  }
}

/** What is in flight, node by node; null when nothing is. */
export function waitingWords(waiting: Verdict['waiting']): string | null {
  const parts = waiting.flatMap(({ node, deltas, versions }) => {
    const said = [];
    if (deltas > 0) said.push(`${count(deltas, 'change')} not yet read`);
    if (versions > 0) said.push(`${count(versions, 'version')} that some node lacks`);
    return said.length > 0 ? [`${node}: ${listWords(said)}`] : [];
  });
  return parts.length > 0 ? `${parts.join('; ')}.` : null;
}

/** The proof of equality, table by table: `goat: 12 rows, checksum 5f2c on each node`. */
export function proofWords(table: Verdict['tables'][number], name: string): string {
  const first = table.perNode[0];
  if (table.equal && first)
    return `${name}: ${count(first.rows, 'row')}, checksum ${(first.checksum ?? 'unknown').slice(0, 16)} on each node`;
  const rows = table.perNode.map((one) => `${one.node} ${one.rows}`).join(', ');
  const key = table.firstDifferingKey
    ? `; first difference at key ${table.firstDifferingKey.join(', ')}`
    : '';
  return `${name}: rows ${rows}${key}`;
}

function numberWord(number: number): string {
  return ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'][number] ?? String(number);
}
