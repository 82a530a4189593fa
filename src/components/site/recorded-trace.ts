import type { TraceEvent } from '../../engine/trace/events.ts';
import { type RecordedWrite, type RowsAt, recordedWrites } from './recorded-writes.ts';

/** A run of a real cluster, kept so that a page can show it before (or without) a database. Times start at 0. */
export interface RecordedTrace {
  nodes: string[];
  links: [string, string][];
  /** Oldest first; `at` in milliseconds since the recording began. */
  events: TraceEvent[];
  /** What people wrote meanwhile, where the recording knows it. */
  writes?: RecordedWrite[];
}

/**
 * Reads a trace file as `sandbox/record.ts` writes it.
 *
 * Nodes and links may be names or objects with names, and times absolute or relative: what comes out is uniform.
 * @throws Error that says what is missing, for a file that is no trace.
 */
export function readTrace(file: unknown): RecordedTrace {
  const { nodes, links, events, rows } = (file ?? {}) as Record<string, unknown>;
  if (!Array.isArray(nodes) || !Array.isArray(links) || !Array.isArray(events))
    throw new Error(
      'A recorded trace needs the lists "nodes", "links" and "events". Record it again with sandbox/record.ts.',
    );
  const first = (events[0] as TraceEvent | undefined)?.at ?? 0;
  return {
    nodes: nodes.map(nameOf),
    links: links.map((link) =>
      Array.isArray(link) ? [nameOf(link[0]), nameOf(link[1])] : [nameOf(link.a), nameOf(link.b)],
    ),
    events: events.map((event: TraceEvent) => ({ ...event, at: event.at - first })),
    writes: Array.isArray(rows) ? recordedWrites(events, rows as RowsAt[]) : [],
  };
}

function nameOf(node: unknown): string {
  return typeof node === 'string' ? node : String((node as { name: unknown }).name);
}
