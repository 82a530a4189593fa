import type { TraceEvent } from '../../engine/trace/events.ts';
import type { RecordedTrace } from './recorded-trace.ts';
import { keyWords, traceSentence } from './trace-sentence.ts';

/** A recorded trace as something that can be drawn at any moment. All times are milliseconds on the screen. */
export interface Scene {
  durationMs: number;
  /** How many milliseconds of screen one millisecond of the cluster takes. */
  slowdown: number;
  journeys: Journey[];
  /** Rows that people wrote meanwhile. */
  writes: { node: string; key: string; label: string; atMs: number }[];
  /** Spans in which a link was cut. */
  cuts: { a: string; b: string; fromMs: number; toMs: number }[];
  beats: Beat[];
}

/** Rows under way in one round, from the moment they are read to the target's commit. */
export interface Journey {
  round: number;
  from: string;
  to: string;
  rows: number;
  /** What makes it the same row: `id 13`, or a count of rows. */
  key: string;
  /** What is written at it: `13 Luna` where the recording knows it, else the key. */
  label: string;
  departMs: number;
  landMs: number;
  /** As it was: from the start of the round to the target's commit. */
  tookMs: number;
  /** Node that wrote this version. */
  origin: string;
  conflict: boolean;
  /** Set where the target held another version: the node whose version stays. */
  winner: string | null;
}

/** A moment that has words. */
export interface Beat {
  atMs: number;
  /** Milliseconds of the cluster since the recording began. */
  clusterMs: number;
  kind: TraceEvent['type'];
  text: string;
}

export interface SceneOptions {
  /** A typical journey takes this long on screen. @default 1200 */
  journeyMs?: number;
  /** Silence longer than this is cut short. @default 900 */
  gapMsMax?: number;
}

/** Stretches a trace to the pace of eyes: every millisecond alike, except that long silences are cut short. */
export function buildScene(trace: RecordedTrace, options: SceneOptions = {}): Scene {
  const { journeyMs = 1200, gapMsMax = 900 } = options;
  const rounds = carryingRounds(trace.events);
  const slowdown = roundNumber(journeyMs / Math.max(median(rounds.map(travelMs)), 0.5));
  const told = trace.events.filter(
    (event) => !('round' in event) || rounds.some(({ round }) => round === event.round),
  );
  const screen = screenTimes(told, slowdown, gapMsMax);
  const origins = new Map<string, string>();
  const journeys = rounds.map((round): Journey => {
    const departMs = screen.get(round.read.seq)! - round.read.ms * slowdown;
    const { source: from, target: to } = round.read;
    const key = round.rows === 1 && round.read.keys[0] ? keyWords(round.read.keys[0]) : `${round.rows} rows`;
    const origin = round.madeHere ? from : (origins.get(`${from} ${key}`) ?? from);
    origins.set(`${from} ${key}`, origin);
    origins.set(`${to} ${key}`, round.winner ?? origin);
    return {
      round: round.round,
      from,
      to,
      rows: round.rows,
      key,
      label: writtenBefore(trace, origin, key, round.read.seq) ?? key,
      departMs: Math.max(departMs, screen.get(round.startSeq)!),
      landMs: screen.get(round.commit.seq)!,
      tookMs: round.commit.at - round.startAt,
      origin,
      conflict: round.winner !== null,
      winner: round.winner,
    };
  });
  const beats = told.flatMap((event): Beat[] => {
    const text = traceSentence(event);
    if (text === null) return [];
    return [{ atMs: screen.get(event.seq)!, clusterMs: event.at, kind: event.type, text }];
  });
  const writes = (trace.writes ?? []).map(({ seq, node, key, words }) => ({
    node,
    key,
    label: words,
    atMs: screen.get(seq)!,
  }));
  const durationMs = Math.ceil(Math.max(0, ...screen.values()));
  return { durationMs, slowdown, journeys, writes, cuts: cutSpans(told, screen, durationMs), beats };
}

function writtenBefore(trace: RecordedTrace, node: string, key: string, seq: number): string | undefined {
  return trace.writes?.findLast((write) => write.node === node && write.key === key && write.seq < seq)
    ?.words;
}

/** A row that a node is known to hold; `origin` wrote it. */
export interface Held {
  key: string;
  label: string;
  origin: string;
  sinceMs: number;
}

/** What the writes and journeys so far have shown of a node's rows, newest first. */
export function heldBy(scene: Scene, node: string, atMs: number): Held[] {
  const arrivals: Held[] = [
    ...scene.writes
      .filter((write) => write.node === node)
      .map(({ key, label, atMs: sinceMs }) => ({ key, label, origin: node, sinceMs })),
    ...scene.journeys.flatMap(({ key, label, origin, from, to, departMs, landMs, winner }): Held[] => {
      if (from === node) return [{ key, label, origin, sinceMs: departMs }];
      const stays = winner === null || winner === origin;
      return to === node && stays ? [{ key, label, origin, sinceMs: landMs }] : [];
    }),
  ];
  const held = new Map<string, Held>();
  for (const arrival of arrivals.toSorted((one, other) => one.sinceMs - other.sinceMs)) {
    const before = held.get(arrival.key);
    const same = before?.origin === arrival.origin && before.label === arrival.label;
    if (arrival.sinceMs <= atMs && !same) held.set(arrival.key, arrival);
  }
  return [...held.values()].toSorted((one, other) => other.sinceMs - one.sinceMs);
}

/** Versions that have just lost on this node and gone to its conflict log. */
export function lostOn(scene: Scene, node: string, atMs: number, shownMs = 2_600): Held[] {
  return scene.journeys.flatMap(({ key, label, origin, to, landMs, winner }): Held[] => {
    if (winner === null || to !== node || atMs < landMs || atMs > landMs + shownMs) return [];
    if (winner !== origin) return [{ key, label, origin, sinceMs: landMs }];
    const before = heldBy(scene, node, landMs - 1).find((held) => held.key === key);
    return before ? [{ ...before, sinceMs: landMs }] : [];
  });
}

/** The link between two nodes is cut at this moment. */
export function isCut(scene: Scene, a: string, b: string, atMs: number): boolean {
  return scene.cuts.some(
    (cut) =>
      ((cut.a === a && cut.b === b) || (cut.a === b && cut.b === a)) && cut.fromMs <= atMs && atMs < cut.toMs,
  );
}

type EventOf<Type extends TraceEvent['type']> = Extract<TraceEvent, { type: Type }>;

interface CarryingRound {
  round: number;
  startAt: number;
  startSeq: number;
  rows: number;
  read: EventOf<'read'>;
  commit: EventOf<'target-commit'>;
  /** The source folded changes of its own in this round. */
  madeHere: boolean;
  winner: string | null;
}

/** Rounds that brought at least one row to a commit; the others are looks that found nothing. */
function carryingRounds(events: TraceEvent[]): CarryingRound[] {
  const byRound = Map.groupBy(events, (event) => ('round' in event ? event.round : -1));
  return [...byRound].flatMap(([round, steps]): CarryingRound[] => {
    const reads = steps.filter((event) => event.type === 'read').filter((event) => event.rows > 0);
    const commit = steps.find((event) => event.type === 'target-commit');
    const read = reads[0];
    if (round === -1 || read === undefined || commit === undefined) return [];
    return [
      {
        round,
        startAt: steps[0]!.at,
        startSeq: steps[0]!.seq,
        rows: reads.reduce((sum, event) => sum + event.rows, 0),
        read,
        commit,
        madeHere: steps.some((event) => event.type === 'fold' && event.keys > 0),
        winner: steps.find((event) => event.type === 'conflict')?.conflict.winner.origin ?? null,
      },
    ];
  });
}

function travelMs(round: CarryingRound): number {
  return round.commit.at - round.read.at + round.read.ms;
}

function screenTimes(events: TraceEvent[], slowdown: number, gapMsMax: number): Map<number, number> {
  const times = new Map<number, number>();
  let screenMs = 0;
  let before = events[0]?.at ?? 0;
  for (const event of events) {
    screenMs += Math.min(Math.max(0, event.at - before) * slowdown, gapMsMax);
    before = event.at;
    times.set(event.seq, screenMs);
  }
  return times;
}

function cutSpans(events: TraceEvent[], screen: Map<number, number>, endMs: number): Scene['cuts'] {
  const cuts: Scene['cuts'] = [];
  for (const event of events) {
    if (event.type !== 'link') continue;
    const atMs = screen.get(event.seq)!;
    const open = cuts.find((cut) => cut.a === event.a && cut.b === event.b && cut.toMs === endMs + 1);
    if (event.up && open) open.toMs = atMs;
    else if (!event.up && !open) cuts.push({ a: event.a, b: event.b, fromMs: atMs, toMs: endMs + 1 });
  }
  return cuts;
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 1;
}

/** To one or two significant digits, so that the scale can be said in a sentence. */
function roundNumber(value: number): number {
  return Number(value.toPrecision(value < 10 ? 1 : 2));
}
