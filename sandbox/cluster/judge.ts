import type { LinkStatus } from '../../src/engine/types.ts';
import type { NodeState, Verdict } from '../protocol.ts';
import type { NodeReading, TableReading } from './node-reading.ts';

export interface JudgeInput {
  engine: 'starting' | 'running' | 'paused' | 'stopped';
  nodes: Pick<NodeState, 'name' | 'status'>[];
  links: LinkStatus[];
  /** One for each node that could be read. */
  readings: NodeReading[];
  /** Why others could not be read though they should be there. */
  failures: ReadonlyMap<string, string>;
}

/** What can and can't travel now, and what that says about the cluster. */
export type Judgement = Pick<Verdict, 'status' | 'sentence'>;

/**
 * Green is a proof: each node was read in one snapshot, none holds a captured change that no fold has taken, all have
 * integrated the same counters of every origin, and their checksums agree. Anything less is said as what it is.
 */
export function judge(input: JudgeInput): Judgement {
  const { readings, nodes, engine } = input;
  const away = nodes.filter((node) => !readings.some((reading) => reading.node === node.name));
  if (engine === 'starting') return { status: 'unknown', sentence: 'The cluster is starting.' };
  const bare = readings.filter((reading) => reading.tables.some((table) => !table.captured));
  if (bare.length > 0 && away.length === 0) {
    const sentence = `Changes are not captured yet on ${list(bare.map((reading) => reading.node))}, so nothing can be proven.`;
    return { status: 'unknown', sentence };
  }
  const missing = readings.flatMap((reading) =>
    reading.tables.filter((table) => table.checksum === null).map((table) => ({ reading, table })),
  );
  if (missing[0]) {
    const { reading, table } = missing[0];
    const sentence = `Table ${table.table} is missing on node ${reading.node}. Reset the cluster, or create it there again as it was.`;
    return { status: 'different', sentence };
  }
  const deltas = readings.filter((reading) => reading.tables.some((table) => table.deltas > 0));
  const ahead = pairsAhead(readings);
  const equal = tablesEqual(readings);
  if (deltas.length === 0 && ahead.length === 0 && away.length === 0) {
    return equal ? proven(readings) : unexplained(readings);
  }
  const travels = canTravel(input, deltas, ahead);
  if (travels.length > 0) {
    const error = input.links.find((link) => link.up && link.error)?.error;
    const sentence = `Changes are on their way: ${list(travels)}.${error ? ` The last try failed: ${error}` : ''}`;
    return { status: 'in-flight', sentence };
  }
  const waits =
    deltas.length > 0 ||
    ahead.length > 0 ||
    readings.some((reading) => reading.tables.some((table) => table.versions > 0));
  if (waits) return { status: 'blocked', sentence: blockedSentence(input, away) };
  const rest = readings.length > 1 ? ` The others are ${equal ? 'equal' : 'not equal'}.` : '';
  return {
    status: 'unknown',
    sentence: `${awaySentence(away, input)}, so not all nodes can be compared.${rest}`,
  };
}

export function tablesEqual(readings: readonly NodeReading[], index?: number): boolean {
  const first = readings[0];
  if (!first) return false;
  return first.tables.every(
    (table, position) =>
      (index !== undefined && index !== position) ||
      (table.checksum !== null &&
        readings.every((reading) => reading.tables[position]?.checksum === table.checksum)),
  );
}

/** `from` has integrated something that `to` has not. */
function pairsAhead(readings: readonly NodeReading[]): { from: string; to: string }[] {
  const pairs: { from: string; to: string }[] = [];
  for (const from of readings) {
    for (const to of readings) {
      if (from.tables.some((table, index) => knowsMore(table, to.tables[index])))
        pairs.push({ from: from.node, to: to.node });
    }
  }
  return pairs;
}

function knowsMore(a: TableReading, b: TableReading | undefined): boolean {
  return [...a.knowledge].some(([origin, counter]) => counter > (b?.knowledge.get(origin) ?? 0n));
}

/** The hops that rounds can make now, in words: `a to b`. */
function canTravel(
  input: JudgeInput,
  deltas: NodeReading[],
  ahead: { from: string; to: string }[],
): string[] {
  if (input.engine !== 'running') return [];
  const reachable = (name: string) => input.nodes.find((node) => node.name === name)?.status === 'running';
  const hops: string[] = [];
  for (const link of input.links) {
    if (!link.up || !reachable(link.a) || !reachable(link.b)) continue;
    for (const [from, to] of [
      [link.a, link.b],
      [link.b, link.a],
    ] as const) {
      const pending = deltas.some((reading) => reading.node === from);
      if (pending || ahead.some((pair) => pair.from === from && pair.to === to))
        hops.push(`${from} to ${to}`);
    }
  }
  return hops;
}

function proven(readings: readonly NodeReading[]): Judgement {
  const rows = readings[0]!.tables.reduce((sum, table) => sum + table.rows, 0);
  const sentence = `All ${readings.length} nodes hold the same ${count(rows, 'row')}, and nothing is on its way.`;
  return { status: 'equal', sentence };
}

function unexplained(readings: readonly NodeReading[]): Judgement {
  const index = readings[0]!.tables.findIndex((_, position) => !tablesEqual(readings, position));
  const table = readings[0]!.tables[index]!;
  const sentence = `Nothing waits, and yet the nodes differ in ${table.table}. Rows were written past capture (triggers off or session_replication_role changed). Write them again with capture on, or reset.`;
  return { status: 'different', sentence };
}

function blockedSentence(input: JudgeInput, away: JudgeInput['nodes']): string {
  if (input.engine === 'paused') return 'Changes wait: the engine is paused. Resume it.';
  if (input.engine === 'stopped') return 'Changes wait: the engine is stopped. Reset the cluster.';
  const cut = input.links.filter((link) => !link.up).map((link) => `${link.a} to ${link.b}`);
  const reasons = [
    ...(away.length > 0 ? [awaySentence(away, input)] : []),
    ...(cut.length > 0
      ? [`the ${cut.length === 1 ? 'link' : 'links'} ${list(cut)} ${cut.length === 1 ? 'is' : 'are'} cut`]
      : []),
  ];
  const why = reasons.length > 0 ? list(reasons) : 'no link leads to where they are needed';
  return `Changes wait: ${why.charAt(0).toLowerCase()}${why.slice(1)}. They travel by themselves when that ends.`;
}

function awaySentence(away: JudgeInput['nodes'], { failures }: JudgeInput): string {
  return list(
    away.map(({ name, status }) => {
      if (status === 'stopped' || status === 'starting') {
        return `Node ${name} is ${status}`;
      }
      const why = failures.get(name);
      return `Node ${name} can not be read${why ? ` (${why})` : ''}`;
    }),
  );
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function count(n: number, word: string): string {
  return `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;
}
